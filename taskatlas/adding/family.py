"""The family of a new dataset: that of datasets with the same labels, or one of its own."""

from __future__ import annotations

from collections.abc import Iterable

from taskatlas.adding.guesses import Ask, DraftedField
from taskatlas.cards.labels import folded
from taskatlas.schemas.cards import DatasetCard


def choose_family(
    labels: tuple[str, ...] | str, name: str, datasets: Iterable[DatasetCard], said: str | None, ask: Ask | None
) -> DraftedField:
    """Choose the family of a dataset.

    Args:
        labels: of the dataset.
        name: of the dataset.
        datasets: those of the project.
        said: the family that a person names.
        ask: asks a person where none is named; None where nobody is there.
    """
    if said:
        return DraftedField("family", said)
    alike = [card for card in datasets if _same(card.labels, labels)]
    families = list(dict.fromkeys(card.family for card in alike))
    guess, why = name, "its own name: no dataset here has its labels"
    if families:
        guess, why = families[0], f"that of {alike[0].name}, which has the same labels"
    if ask:
        return DraftedField("family", ask("Family (datasets of one family share prompts)", families, guess))
    return DraftedField("family", guess, why, "--family")


def _same(one: tuple[str, ...] | str, two: tuple[str, ...] | str) -> bool:
    if isinstance(one, str) or isinstance(two, str):
        return False  # two datasets of numbers may be about anything
    return {folded(label) for label in one} == {folded(label) for label in two}

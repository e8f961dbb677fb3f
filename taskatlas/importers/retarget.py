"""A prompt card of another project → the same for the family, the dataset and the labels that a person names here."""

from __future__ import annotations

from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.draft import Draft
from taskatlas.importers.syntax import names_in, tree_of
from taskatlas.importers.targets import Targets, for_targets
from taskatlas.schemas.inputs import CHOICE_LABELS
from taskatlas.schemas.prompts import PromptCard


def retargeted(card: PromptCard, targets: Targets) -> tuple[dict[str, Any], str]:
    """Return the fields that become others, and what a person should know of it.

    Raises:
        InputError: the labels that a person names do not go with the card's, or its answers would change with them.

    """
    if not (targets.family or targets.labels):
        return {}, ""
    if not card.choices:
        return {}, "free text, so no family and no labels are for it"
    labels, note = _labels(card, targets)
    fields = _renamed(card, labels) if labels else {}
    notes = [f"its labels were {', '.join(labels)}" if labels else "", note]
    if targets.family and (card.families, card.datasets) != ((targets.family,), ()):
        fields |= {"families": [targets.family], "datasets": []}
        notes.insert(0, f"for the family {targets.family} alone")
    return fields, "; ".join(filter(None, notes))


def _labels(card: PromptCard, targets: Targets) -> tuple[dict[str, str], str]:
    """Return label of the card → label that it becomes, nothing where all stay; and a note."""
    by_place = card.asks_rows and tuple(card.choices) == CHOICE_LABELS[: len(card.choices)]
    named = for_targets(
        Draft(card.template, tuple(card.choices), frozenset(), in_order=True, asks_rows=by_place), targets
    )
    becomes = dict(zip(card.choices, named.labels, strict=True)) if named.labels else {}
    if all(label == other for label, other in becomes.items()):
        return {}, named.note
    if "label" in names_in(tree_of(card.answer)):
        raise InputError("its answer shows the label, so that other labels would make another prompt of it")
    return becomes, named.note


def _renamed(card: PromptCard, labels: dict[str, str]) -> dict[str, Any]:
    """Return the fields in which labels stand, with the new ones."""
    fields: dict[str, Any] = {
        "choices": {labels[label]: choice for label, choice in card.choices.items()},
        "verbalisers": {labels[label]: words for label, words in card.verbalisers.items()},
        "mapping": {
            dataset: {labels.get(label, label): other for label, other in own.items()}
            for dataset, own in card.mapping.items()
        },
    }
    if card.demonstrations and card.demonstrations.examples:
        shown = card.demonstrations.model_dump(exclude_defaults=True)
        examples = [{**each, "label": labels[each["label"]]} for each in shown["examples"]]
        fields["demonstrations"] = {**shown, "examples": examples}
    return fields

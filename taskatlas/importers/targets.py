"""What prompts are for: the datasets of a family, or one dataset, whose card says columns, labels and family."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from taskatlas.errors import InputError, UnknownNameError
from taskatlas.importers.draft import Draft
from taskatlas.importers.labels import labels_of
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.rowchoices import are_letters
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.inputs import CHOICE_LABELS


@dataclass(frozen=True)
class Targets:
    """What the prompts of an import are for.

    Attributes:
        datasets: whose cards say what columns are.
        family: whose datasets prompts with choices are for; None: none.
        labels: that choices stand for; empty: the choices themselves.
        is_dataset: whether a person named one dataset, whose labels need not be called like the choices.
    """

    datasets: tuple[DatasetCard, ...] = ()
    family: str | None = None
    labels: tuple[str, ...] = ()
    is_dataset: bool = False

    @property
    def have_choices(self) -> bool:
        """Whether all rows that prompts are for have choices of their own, and no person named other labels."""
        own = [card.columns.choices is not None for card in self.datasets]
        return (self.is_dataset or not self.labels) and bool(own) and all(own)


def targets_of(registry: Registry, options: ImportOptions) -> Targets:
    """Return what a person says that prompts are for.

    Raises:
        UnknownNameError: there is no such dataset.
        InputError: the dataset is of another family, or its labels are others.

    """
    if options.dataset is None:
        of_family = tuple(card for card in registry.datasets.values() if card.family == options.family)
        return Targets(of_family, options.family, options.labels)
    if options.dataset not in registry.datasets:
        raise UnknownNameError("dataset", options.dataset, registry.datasets)
    card = registry.datasets[options.dataset]
    if options.family not in (None, card.family):
        what = f"{card.name} is of the family {card.family!r}, and --family names {options.family!r}"
        raise InputError(what, where="--dataset", todo="leave one of them out")
    return Targets((card,), card.family, options.labels or card.class_labels, not options.labels)


def for_targets(draft: Draft, targets: Targets) -> Draft:
    """Return what a template says with the labels that its choices stand for.

    A template of a format that has no place for choices gets the labels as its choices, or asks for each row's own
    where rows have them.

    Raises:
        InputError: labels that a person wrote do not go with its choices.

    """
    if draft.asks_rows:
        return _for_rows(draft, targets)
    if targets.have_choices and not (draft.choices or draft.says_choices):
        return replace(draft, asks_rows=True)
    if not targets.labels:
        return draft
    if not draft.choices:
        return draft if draft.says_choices else replace(draft, choices=targets.labels, labels=targets.labels)
    if targets.have_choices and are_letters(draft.choices):
        return draft
    try:
        in_order = draft.in_order and not draft.labels and not targets.is_dataset
        labels = labels_of(draft.labels or draft.choices, targets.labels, in_order=in_order)
    except InputError:
        if not targets.is_dataset:
            raise
        return replace(draft, note="; ".join(filter(None, [draft.note, _to_mend(draft, targets)])))
    return replace(draft, labels=labels)


def with_known_families(draft: Draft, families: Set[str]) -> Draft:
    """Return what a template says without a family that the project does not have, and without one of free text, which
    no dataset could score."""
    named = draft.card.get("families", [])
    unknown = [name for name in named if name not in families]
    if not unknown and (draft.is_chosen or not named):
        return draft
    told = f"the project has no family {unknown[0]!r}" if unknown else "its family counts once it has choices"
    card = {name: value for name, value in draft.card.items() if name != "families"}
    return replace(draft, card=card, note="; ".join(filter(None, [draft.note, told])))


def _for_rows(draft: Draft, targets: Targets) -> Draft:
    """Return a template whose answers are each row's own, checked to be for such rows."""
    places = CHOICE_LABELS[: len(targets.labels)]
    if draft.labels and targets.labels:
        return replace(draft, labels=labels_of(draft.labels, targets.labels, in_order=False))
    if targets.labels and targets.labels != places:
        if draft.choices and not draft.row_columns and len(draft.choices) == len(targets.labels):
            return replace(draft, labels=targets.labels)  # templates over fields, in the order of the labels
        what = f"its choices are each row's own, whose labels are {', '.join(CHOICE_LABELS[:3])} and so on"
        raise InputError(f"{what}, and not {', '.join(targets.labels[:5])}")
    return draft


def _to_mend(draft: Draft, targets: Targets) -> str:
    """Return, for a person, what makes the labels of a prompt meet those of the dataset."""
    if targets.have_choices:
        todo = "ask for these (choices: row), or for the letters A, B and so on"
        return f"rows of {targets.datasets[0].name} have choices of their own, and its choices are others: {todo}"
    choices, labels = (", ".join(each[:5]) for each in (draft.labels or draft.choices, targets.labels))
    mend = f"import it again with --replace and --labels, which names them in the order of its choices ({choices})"
    return f"its labels are not those of {targets.datasets[0].name} ({labels}): {mend}"

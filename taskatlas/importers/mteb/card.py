"""A task of mteb → the card of a dataset, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taskatlas.cards.names import card_name, slug
from taskatlas.errors import InputError
from taskatlas.importers.mteb.counted import CountedRows, are_codes, counted_rows
from taskatlas.importers.mteb.kinds import SCORED
from taskatlas.importers.mteb.names import NamedTask
from taskatlas.importers.mteb.source import HubSource, hub_source
from taskatlas.importers.mteb.transform import RowsOnHub
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.write import checked_card
from taskatlas.ingest.sources import splits_of
from taskatlas.schemas.cards import MAX_LINE, DatasetCard

_UNKNOWN = "unknown"
_MOST_CHARS = 1_000_000
"""Of a text, whatever a card says."""


def dataset_card(
    task: Any, subset: str | None, on_hub: RowsOnHub, version: str, options: ImportOptions
) -> tuple[DatasetCard, str]:
    """Return the card of a task in one of its subsets, and what a person should know of it.

    Args:
        task: as mteb has it.
        subset: of the task; None where it has none.
        on_hub: how the task's rows stand there.
        version: of the package, which the card names.
        options: the family, and the names of the labels where the rows hold codes.

    Raises:
        InputError: a card cannot stand for it.
        CardError: a field does not hold.
    """
    source = hub_source(task, subset)
    splits_of(source.text, Path())  # which looks at no more than how it is written
    counted = counted_rows(task.metadata.descriptive_stats, source.splits, subset)
    fields = {
        **_of_task(task, subset, options.family),
        "description": _description(task, subset, version, are_codes(counted.labels) and not options.labels),
        "source": source.text,
        "columns": on_hub.columns.model_dump(),
        **_labels(task, counted, options.labels),
    }
    if counted.longest > DatasetCard.model_fields["max_chars"].default:
        fields["max_chars"] = min(counted.longest, _MOST_CHARS)
    card = checked_card(DatasetCard, fields)
    return card, "; ".join(_remarks(task, card, source, on_hub, options))


def _of_task(task: Any, subset: str | None, family: str | None) -> dict[str, str]:
    facts = task.metadata
    guessed = "similarity" if facts.type == "STS" else slug(facts.name)
    return {
        "name": card_name(facts.name, subset or ""),
        "family": family or guessed,
        "domain": ", ".join(facts.domains or ())[:MAX_LINE] or _UNKNOWN,
        "license": facts.license if facts.license not in (None, "not specified") else _UNKNOWN,
    }


def _labels(task: Any, counted: CountedRows, names: Sequence[str]) -> dict[str, Any]:
    if counted.scores:
        if names:
            raise InputError("its labels are numbers, and --labels names classes", todo="leave --labels out")
        said = (task.min_score, task.max_score) if task.metadata.type == "STS" else counted.scores
        return {
            "labels": "number",
            "value_range": [min(said[0], counted.scores[0]), max(said[1], counted.scores[1])],
        }
    if task.metadata.type in SCORED:
        raise InputError("mteb has counted classes where it says that labels are numbers")
    if not names:
        return {"labels": list(counted.labels)}
    if len(names) != len(counted.labels):
        what = f"it has {len(counted.labels)} labels, and --labels names {len(names)}"
        raise InputError(what, todo="name all of them, in the order of their codes, or none")
    return {"labels": list(names), "label_map": dict(zip(counted.labels, names, strict=True))}


def _description(task: Any, subset: str | None, version: str, is_coded: bool) -> str:
    """Facts before and after mteb's own description, which is cut where there is no room for it."""
    facts = task.metadata
    languages = facts.hf_subsets_to_langscripts[subset or "default"]
    after = [f"Languages: {', '.join(languages)}."]
    after += ["Labels are codes without names."] if is_coded else []
    after += [f"Reference: {facts.reference}"] if facts.reference else []
    before = f"{NamedTask(task).name(subset)}, {facts.type}, as mteb {version} describes it:"
    room = MAX_LINE - len(before) - len(" ".join(after)) - 2
    return " ".join([before, _sentence(facts.description, room), *after])[:MAX_LINE]


def _sentence(text: str, most: int) -> str:
    """Return a text on one line, with a full stop, and cut where it is longer than that."""
    line = f"{' '.join(text.split()).rstrip('.')}."
    return line if len(line) <= most else f"{line[: max(most - 1, 0)]}…"


def _remarks(task: Any, card: DatasetCard, source: HubSource, on_hub: RowsOnHub, options: ImportOptions) -> list[str]:
    facts = task.metadata
    remarks = [_of_labels(card)]
    if len(source.splits) == 1:
        remarks.append(f"the split {source.splits[0]} alone, which is divided")
    if source.unread:
        remarks.append(f"mteb evaluates on {', '.join(source.unread)}, too")
    if on_hub.is_sampled:
        remarks.append("mteb takes a sample of its rows, and the card all")
    if facts.type == "PairClassification" and not on_hub.is_packed:
        remarks.append("no card can read it if its pairs lie in lists, as some of mteb do")
    if facts.superseded_by:
        remarks.append(f"superseded by {facts.superseded_by}")
    if not facts.is_public:
        remarks.append("the hub gives it to those alone who may have it")
    if not options.family:
        remarks.append(f"family: {card.family} (--family)")
    return remarks


def _of_labels(card: DatasetCard) -> str:
    if card.value_range:
        return "numbers from {:g} to {:g}".format(*card.value_range)
    count = f"{len(card.labels)} labels"
    if card.label_map:
        return f"{count}: {', '.join(f'{code} → {name}' for code, name in card.label_map.items())}"
    if are_codes(card.class_labels):
        return f"{count}, codes without names: give them with --labels, or with label_map on the card"
    return count

"""How many tasks of the package mteb become cards of datasets, and why the others do not.

python -m benchmarks.mteb_tasks needs the extra `mteb`, and no network: nothing of the rows is read.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.mteb_rows import has_own_transform, reads_the_same
from benchmarks.report import Section, write
from taskatlas.errors import TaskatlasError
from taskatlas.importers.importing import import_files
from taskatlas.importers.mteb.counted import are_codes
from taskatlas.importers.mteb.package import load_mteb
from taskatlas.importers.mteb.transform import rows_on_hub
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.project.starter import write_starter
from taskatlas.registry.load import load
from taskatlas.schemas.cards import DatasetCard

SUMMARY = (
    "What `taskatlas import tasks` makes of all tasks of the package mteb, those included that others supersede. Only "
    "the package's metadata are read; whether the rows on the hub are what they say is not measured here."
)
TYPES = ("Classification", "PairClassification", "STS", "Regression", "MultilabelClassification")
"""Types of tasks whose rows have texts and labels; the others are one line."""
OTHERS = "other types"


@dataclass(frozen=True)
class Tried:
    """A task, how many subsets it has, and what became of them."""

    kind: str
    subsets: int
    outcomes: list[Outcome]

    @property
    def cards(self) -> int:
        """How many cards it became."""
        return sum(each.card is not None for each in self.outcomes)


def main() -> None:
    """Import all, count, and write results/mteb.*."""
    mteb = load_mteb()
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / "project"
        write_starter(project)
        outcomes = import_files(project, [Path(f"mteb:{name}") for name in mteb.tasks], ImportOptions())
        datasets = load(project).datasets
    cards = [datasets[Path(each.card).stem] for each in outcomes if each.card]
    of_task: dict[str, list[Outcome]] = {}
    for each in outcomes:
        of_task.setdefault(each.file.removeprefix("mteb:").partition("/")[0], []).append(each)
    tried = [_tried(mteb.tasks[name].metadata, found) for name, found in of_task.items()]
    sections = [_by_type(tried), _reasons(tried), _labels(cards), _rows(list(mteb.tasks.values()))]
    figures = {"tasks": len(tried), "cards": len(cards), "sections": {each.title: each.rows for each in sections}}
    write("mteb", SUMMARY, sections, figures)


def _tried(metadata: Any, outcomes: list[Outcome]) -> Tried:
    return Tried(metadata.type if metadata.type in TYPES else OTHERS, len(metadata.hf_subsets), outcomes)


def _by_type(tried: Sequence[Tried]) -> Section:
    rows = []
    for kind in (*TYPES, OTHERS):
        of_kind = [each for each in tried if each.kind == kind]
        taken, cards = sum(each.cards > 0 for each in of_kind), sum(each.cards for each in of_kind)
        subsets = sum(each.subsets for each in of_kind)
        share = f"{taken / max(len(of_kind), 1):.0%}"
        rows.append((kind, str(len(of_kind)), str(taken), share, str(subsets), str(cards)))
    definition = "Tasks that become a card in one of their subsets at least, by type; and subsets, a card each."
    return Section("Tasks", definition, ("type", "tasks", "imported", "share", "subsets", "cards"), rows)


def _reasons(tried: Sequence[Tried]) -> Section:
    reasons = Counter((each.kind, each.outcomes[0].note) for each in tried if not each.cards)
    rows = [(kind, why, str(count)) for (kind, why), count in reasons.most_common() if kind != OTHERS]
    others: Mapping[str, int] = Counter(each.outcomes[0].note for each in tried if each.kind == OTHERS)
    rows += [(OTHERS, why, str(count)) for why, count in sorted(others.items(), key=lambda item: -item[1])]
    return Section("What is left out", "Tasks without a card, by reason.", ("type", "reason", "tasks"), rows)


def _labels(cards: Sequence[DatasetCard]) -> Section:
    kinds = Counter(_kind_of_labels(card) for card in cards)
    rows: list[tuple[Any, ...]] = [
        (kind, str(count), f"{count / len(cards):.0%}") for kind, count in kinds.most_common()
    ]
    split = sum("{split}" in card.source for card in cards)
    remark = f"{split} of {len(cards)} cards read a training and a test split of the hub, the others divide one split."
    definition = "What the labels of the cards are. Codes have no names in the metadata; a person gives them."
    return Section("Labels", definition, ("labels", "cards", "share"), rows, [remark])


def _rows(tasks: Sequence[Any]) -> Section:
    found: Counter[str] = Counter()
    for task in filter(has_own_transform, tasks):
        try:
            on_hub = rows_on_hub(task)
        except TaskatlasError:
            continue
        found["the same" if reads_the_same(task, on_hub) else "others"] += 1
    definition = (
        "Tasks with code of their own that is understood: it renames columns, packs pairs or takes a sample. Made-up "
        "rows with the columns that a card names go through mteb's code: are its texts and labels the card's?"
    )
    return Section("Columns", definition, ("texts and labels", "tasks"), [(how, str(n)) for how, n in found.items()])


def _kind_of_labels(card: DatasetCard) -> str:
    if card.labels == "number":
        return "numbers"
    return "codes without names" if are_codes(card.class_labels) else "names"


if __name__ == "__main__":
    main()

"""Which column says what: a sheet with a row per transfer, or a matrix of sources × targets → gains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, NamedTuple

from taskatlas.errors import InputError
from taskatlas.importers.scores.measured import Faults
from taskatlas.importers.scores.sheet import Cells, Sheet, column_for, folded
from taskatlas.importers.scores.written import HOLES
from taskatlas.ingest.known import decimal, known_name

Role = Literal["source", "target", "setup", "gain", "value", "alone"]
_KNOWN_AS: Mapping[Role, frozenset[str]] = {
    "source": frozenset(
        {"source", "src", "source_dataset", "source_task", "intermediate", "intermediate_task", "from"}
    ),
    "target": frozenset({"target", "tgt", "target_dataset", "target_task", "to"}),
    "setup": frozenset({"setup", "setting", "model", "model_name"}),
    "gain": frozenset({"gain", "change", "relative_change", "delta", "improvement"}),
    "value": frozenset({"value", "score", "performance", "result", "accuracy"}),
    "alone": frozenset({"alone", "baseline", "without", "no_transfer"}),
}
"""What a column says → names that it has in people's files, in lower case and with _ between words."""
_NO_SOURCE = frozenset({"alone", "no_source", "no_transfer", "none", "scratch", "target_only", "without"})
"""What people write as the source where the target was learnt alone."""
_NO_SETUP = "one"
"""Of transfers of which nobody says how they were measured."""


@dataclass(frozen=True)
class TransferOptions:
    """What a person says of a file of transfers.

    Attributes:
        setup: the model and how it was trained, of transfers that have none in the file.
        source: the column with the sources' names; None: told by its name. So are the others.
        target: the column with the targets' names.
        gain: the column with gains.
        value: the column with scores.
        cells: of a matrix: whether its cells are gains or scores; None: gains where one is below zero.
        encoding: of the file's text.
    """

    setup: str | None = None
    source: str | None = None
    target: str | None = None
    gain: str | None = None
    value: str | None = None
    cells: Literal["gain", "score"] | None = None
    encoding: str | None = None


class KnownTransfer(NamedTuple):
    """A transfer that somebody else measured."""

    setup: str
    target: str
    source: str
    gain: float


class _Cell(NamedTuple):
    """A transfer as its file has it. `source` is None where the target was learnt alone; `alone` is the score without
    the source, where the row says it."""

    setup: str
    target: str
    source: str | None
    number: float
    alone: float | None


class FileTransfers(NamedTuple):
    """The transfers of a file.

    Attributes:
        transfers: sorted, one of each setup, target and source.
        notes: what was taken for what, for a person.
    """

    transfers: list[KnownTransfer]
    notes: list[str]


def transfers_of(sheet: Sheet, options: TransferOptions, faults: Faults) -> FileTransfers:
    """Return the transfers of a sheet; repeated ones, as of several seeds, are averaged.

    Args:
        sheet: the file.
        options: what a person says of it.
        faults: what cannot be taken is added to them.

    Raises:
        InputError: it cannot be told which column says what.
    """
    named = {"source": options.source, "target": options.target, "gain": options.gain, "value": options.value}
    columns = {role: column_for(role, sheet, known, named) for role, known in _KNOWN_AS.items()}
    if columns["target"] is None or columns["source"] is None:
        cells, is_gain = _of_matrix(sheet, columns, options, faults)
    else:
        cells, is_gain = _by_row(sheet, columns, options, faults)
    return _averaged(cells) if is_gain else _averaged(*_gains(cells))


def _by_row(
    sheet: Sheet, columns: Mapping[Role, str | None], options: TransferOptions, faults: Faults
) -> tuple[list[_Cell], bool]:
    gain, value = columns["gain"], columns["value"]
    number = gain if gain is not None else value
    if number is None:
        what = f"no column says the gain or the score; there are: {', '.join(sheet.columns[:20])}"
        raise InputError(what, todo="say --gain COLUMN, or --value COLUMN where it holds scores")
    places = {name: index for index, name in enumerate(sheet.columns)}

    def cell(cells: Cells, column: str | None) -> str:
        return (cells[places[column]] or "").strip() if column is not None else ""

    found = []
    for where, cells in sheet.rows:
        texts = {role: cell(cells, columns[role]) for role in _KNOWN_AS}
        setup = texts["setup"] or options.setup or _NO_SETUP
        alone = _number(texts["alone"], where, faults) if gain is None and texts["alone"] else None
        read = _read(setup, texts["target"], texts["source"], cell(cells, number), where, faults)
        found += [read._replace(alone=alone)] if read else []
    return found, gain is not None


def _of_matrix(
    sheet: Sheet, columns: Mapping[Role, str | None], options: TransferOptions, faults: Faults
) -> tuple[list[_Cell], bool]:
    rows = next((name for name in (columns["source"], columns["target"]) if name is not None), None)
    if rows is None and "" in sheet.columns:
        rows = ""  # row names without a name: of a matrix that pandas wrote, its sources
    if rows is None:
        what = f"no column says the source or the target; there are: {', '.join(sheet.columns[:20])}"
        raise InputError(what, todo="say --source COLUMN and --target COLUMN, or one of them of a matrix")
    if columns["gain"] is not None or columns["value"] is not None:
        missing = "target" if columns["target"] is None else "source"
        what = f"the column {columns['gain'] or columns['value']!r} says a number, and none says its {missing}"
        raise InputError(what, todo=f"say --{missing} COLUMN")
    found = []
    for where, cells in sheet.rows:
        by_name = dict(zip(sheet.columns, cells, strict=True))
        row = (by_name.pop(rows) or "").strip()
        setup = (by_name.pop(columns["setup"]) or "").strip() if columns["setup"] is not None else ""
        for name, text in by_name.items():
            source, target = (name, row) if rows == columns["target"] else (row, name)
            place = f"{where}, {name!r}"
            read = _read(setup or options.setup or _NO_SETUP, target, source, (text or "").strip(), place, faults)
            found += [read] if read else []
    return found, options.cells == "gain" or (options.cells is None and any(each.number < 0 for each in found))


def _read(setup: str, target: str, source: str, text: str, where: str, faults: Faults) -> _Cell | None:
    """Return a transfer, None for a hole and for what cannot be taken."""
    names = [known_name(each) for each in (setup, target, source)]
    alone = folded(source) in _NO_SOURCE or not source
    if text.lower() in HOLES or (source == target and not alone):
        return None
    if names[0] is None or names[1] is None or (names[2] is None and not alone):
        faults.add("a name is missing, or longer than 200 characters", where)
        return None
    number = _number(text, where, faults)
    return None if number is None else _Cell(names[0], names[1], None if alone else names[2], number, None)


def _number(text: str, where: str, faults: Faults) -> float | None:
    number = decimal(text.removesuffix("%").strip())
    if number is None:
        faults.add(f"{text[:40]!r} is no finite number", where)
    return number


def _gains(cells: Sequence[_Cell]) -> tuple[list[_Cell], list[str]]:
    """Scores less those without the source; where a target has none, less the mean of its sources."""
    alone, all_of = dict[tuple[str, str], list[float]](), dict[tuple[str, str], list[float]]()
    for each in cells:
        (alone if each.source is None else all_of).setdefault((each.setup, each.target), []).append(each.number)
    lacking = {case for case in all_of if case not in alone} - {
        (each.setup, each.target) for each in cells if each.alone is not None
    }
    notes = ["gains are scores less those without the source"]
    if lacking:
        few = ", ".join(sorted({target for _, target in lacking})[:3])
        notes = [f"no score without a source for {few}: gains are scores less the mean of the target's sources"]
    found = []
    for each in cells:
        case = (each.setup, each.target)
        without = each.alone if each.alone is not None else fmean(alone.get(case) or all_of.get(case) or [0.0])
        found.append(each._replace(number=each.number - without))
    return found, notes


def _averaged(cells: Sequence[_Cell], notes: Sequence[str] = ()) -> FileTransfers:
    gains: dict[tuple[str, str, str], list[float]] = {}
    for each in cells:
        if each.source is not None:
            gains.setdefault((each.setup, each.target, each.source), []).append(each.number)
    repeated = sum(len(of) - 1 for of in gains.values())
    told = [*notes, *([f"{repeated} repeated, as of several seeds, were averaged"] if repeated else [])]
    return FileTransfers([KnownTransfer(*case, fmean(of)) for case, of in sorted(gains.items())], told)


def counted(transfers: Sequence[KnownTransfer]) -> str:
    """Return how many transfers there are, for a person."""
    datasets = {name for each in transfers for name in (each.target, each.source)}
    setups = {each.setup for each in transfers}
    plural = "s" if len(setups) > 1 else ""
    return f"{len(transfers):,} transfers between {len(datasets)} datasets in {len(setups)} setup{plural}"

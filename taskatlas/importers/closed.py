"""Outputs that are answers of a question, told from outputs that are free text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from taskatlas.errors import InputError
from taskatlas.hashing import digest
from taskatlas.ingest.clean import clean_line

MAX_LABELS = 50
MIN_ROWS = 2
"""Of each label."""
COMMON_ROWS = 5
"""A label of fewer rows is rare: it would be asked once or twice. It goes where the rest is enough."""
KEPT_SHARE = 0.95
"""An output that stands there once is no answer of a closed set. So many of the instances have to have another one,
which leaves room for slips of the pen and none for free text with a few frequent words in it."""
_MAX_SHOWN = 5
"""Rare labels in a line."""


class FreeTextError(InputError):
    """Outputs are no closed set."""


@dataclass(frozen=True)
class Instance:
    """A text with the outputs that are right, and maybe why; without outputs, or without a text, it is of no use."""

    text: str
    outputs: tuple[str, ...]
    explanation: str = ""


@dataclass(frozen=True)
class Labelled:
    """A text with its label."""

    text: str
    label: str


@dataclass(frozen=True)
class ClosedSet:
    """The rows of a closed set, and why instances are not among them.

    Attributes:
        rows: labels are spelt alike.
        left_out: what is wrong with instances → how many there are.
    """

    rows: list[Labelled]
    left_out: Mapping[str, int]

    def label_like(self, outputs: Sequence[str]) -> str | None:
        """Return the label that is called like one of the outputs."""
        label_of = {folded(row.label): row.label for row in self.rows}
        return next((label_of[name] for name in map(folded, outputs) if name in label_of), None)


def folded(output: str) -> str:
    """Return an output as it is compared: whatever its case, and with or without a full stop.

    >>> folded("Not sure.")
    'not sure'
    """
    line = clean_line(output).casefold()
    return line.rstrip(".。 ") or line


def closed_set(instances: Sequence[Instance], limit: int | None) -> ClosedSet:
    """Return the rows whose label is one of a closed set, spelt alike.

    Args:
        instances: texts with their outputs. Outputs that differ by nothing but case and a full stop are one label,
            which is spelt as most spell it. Of several outputs one has to be a label; then it is theirs.
        limit: at most so many rows, picked by content hash; labels of which it leaves fewer than two rows go.

    Raises:
        FreeTextError: the outputs are free text.
        InputError: there is one output only.

    """
    names = [sorted({folded(output) for output in each.outputs}) for each in instances]
    counts = Counter(each[0] for each in names if len(each) == 1)
    labels = _labels(names, counts)
    found = [[name for name in each if name in labels] for each in names]
    _require_closed(labels, sum(len(each) == 1 for each in found), len(instances))
    spelling = _spelling(instances)
    labelled = zip(instances, found, strict=True)
    rows = [Labelled(each.text, spelling[own[0]]) for each, own in labelled if len(own) == 1]
    kept = _within(rows, limit)
    left_out = {**_left_out(names, found, _rare(counts, labels)), "beyond --limit": len(rows) - len(kept)}
    return ClosedSet(kept, {why: count for why, count in left_out.items() if count})


def _labels(names: Sequence[Sequence[str]], counts: Counter[str]) -> Collection[str]:
    """Return the labels: those that are common, or where these are not enough, those that are there twice."""
    common = {name for name, count in counts.items() if count >= COMMON_ROWS}
    n_common = sum(len(common.intersection(each)) == 1 for each in names)
    if n_common >= KEPT_SHARE * len(names) and len(common) > 1:
        return common
    return {name for name, count in counts.items() if count >= MIN_ROWS}


def _rare(counts: Counter[str], labels: Collection[str]) -> dict[str, int]:
    """Return the outputs that are there several times and are no labels, as they are rare → how often."""
    return {name: count for name, count in sorted(counts.items()) if count >= MIN_ROWS and name not in labels}


def _left_out(
    names: Sequence[Sequence[str]], found: Sequence[Sequence[str]], rare: Mapping[str, int]
) -> dict[str, int]:
    shown = ", ".join([*list(rare)[:_MAX_SHOWN], *(["…"] if len(rare) > _MAX_SHOWN else [])])
    no_label = sum(bool(all_names) and not own for all_names, own in zip(names, found, strict=True))
    n_rare = sum(rare.values())
    return {
        "without an input or an output": sum(not all_names for all_names in names),
        "with several right answers": sum(len(own) > 1 for own in found),
        "with an output that is no label": no_label - n_rare,
        f"with one of {len(rare)} rare labels ({shown})": n_rare,
    }


def _require_closed(labels: Collection[str], n_rows: int, n_instances: int) -> None:
    if len(labels) > MAX_LABELS:
        what = f"{len(labels)} different ones, and a closed set has {MAX_LABELS}"
        raise FreeTextError(f"its outputs are free text: {what}")
    if n_rows < KEPT_SHARE * n_instances:
        what = f"{n_instances - n_rows} of {n_instances} instances have none, several, or one that is there once"
        raise FreeTextError(f"its outputs are free text: {what}")


def _spelling(instances: Sequence[Instance]) -> dict[str, str]:
    """Return how most instances spell each output."""
    spellings = Counter(clean_line(output) for each in instances for output in each.outputs)
    spelling: dict[str, str] = {}
    # of equally frequent spellings the first in the alphabet, so that the order of rows means nothing
    for output in sorted(spellings, key=lambda output: (-spellings[output], output)):
        spelling.setdefault(folded(output), output)
    return spelling


def _within(rows: list[Labelled], limit: int | None) -> list[Labelled]:
    kept = rows
    if limit is not None:
        picked = sorted(rows, key=lambda row: digest("import", row.text, row.label))[:limit]
        counts = Counter(row.label for row in picked)
        kept = [row for row in picked if counts[row.label] >= MIN_ROWS]
    if len({row.label for row in kept}) < MIN_ROWS:
        raise InputError("fewer than two outputs are there twice" + (" within --limit" if limit is not None else ""))
    return kept

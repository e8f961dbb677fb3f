"""Scores as written → scores: names, numbers and dates read, percentages as shares, each pair once per metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from taskatlas.errors import InputError
from taskatlas.importers.report import Outcome
from taskatlas.importers.scores.written import Unit, WrittenScore
from taskatlas.ingest.known import count, day, decimal, known_name, lies_ahead
from taskatlas.ingest.metrics import bounds, is_bounded


@dataclass(frozen=True)
class KnownScore:
    """A score that somebody else measured.

    Attributes:
        subject: as the file calls it, with single spaces; so is dataset.
        metric: its one name.
        value: a share where the metric is one.
        n: how many examples it was measured on, where the file says so.
        date: when, as YYYY, YYYY-MM or YYYY-MM-DD.
        signed: whether the file writes a percent sign behind the value.
        where: it stands.
    """

    subject: str
    dataset: str
    metric: str
    value: float
    n: int | None
    date: str | None
    signed: bool
    where: str

    @property
    def case(self) -> tuple[str, str, str]:
        """What was measured: subject, dataset and metric."""
        return self.subject, self.dataset, self.metric


@dataclass
class Faults:
    """What of a file cannot be taken: reason → how often, and where first."""

    found: dict[str, tuple[int, str]]

    def add(self, reason: str, where: str) -> None:
        """Take note of one."""
        times, first = self.found.get(reason, (0, where))
        self.found[reason] = times + 1, first

    def outcomes(self, file: Path) -> Iterator[Outcome]:
        """Yield what of a file is left out for them."""
        for reason, (times, where) in self.found.items():
            more = f"; so are {times - 1:,} more" if times > 1 else ""
            yield Outcome(str(file), where, "left out", None, f"{reason}{more}")


def read_scores(written: Sequence[WrittenScore], faults: Faults) -> list[KnownScore]:
    """Read scores; those that are none are added to the faults. Percentages without a sign stay as they are."""
    scores = []
    for each in written:
        read = _read(each)
        if isinstance(read, str):
            faults.add(read, each.where)
        else:
            scores.append(read)
    return scores


def _read(written: WrittenScore) -> KnownScore | str:
    """Return the score, or why it is none."""
    subject, dataset = known_name(written.subject), known_name(written.dataset)
    if subject is None or dataset is None:
        return "a name is missing, or longer than 200 characters"
    if not written.metric:
        return "the metric is missing"
    signed = written.value.endswith("%")
    value = decimal(written.value.removesuffix("%").strip())
    if value is None:
        return f"{written.value[:40]!r} is no finite number"
    n = count(written.n) if written.n else None
    if written.n and n is None:
        return f"n is {written.n[:40]!r}, which is no number of examples"
    date = day(written.date) if written.date else None
    if written.date and date is None:
        return f"the date {written.date[:40]!r} is not of the form YYYY-MM-DD"
    if date and lies_ahead(date):
        return f"the date {date} is still to come"
    return KnownScore(subject, dataset, written.metric, value, n, date, signed, written.where)


def as_shares(
    scores: Sequence[KnownScore], unit: Unit | None, faults: Faults
) -> tuple[list[KnownScore], dict[str, Unit]]:
    """Return the scores with percentages as shares, and which of the two was taken for each metric that is a share.

    Args:
        scores: as they were read.
        unit: of all values without a percent sign; None: per metric, percentages where one lies above 1.
        faults: scores that lie outside their metric's values are added to them.

    Raises:
        InputError: values of a metric lie above 1, and others of it between 0 and 1.
    """
    units: dict[str, Unit] = {}
    for metric in dict.fromkeys(each.metric for each in scores if is_bounded(each.metric)):
        units[metric] = unit or _unit([each for each in scores if each.metric == metric and not each.signed])
    shares = []
    for each in scores:
        percent = each.signed or units.get(each.metric) == "percent"
        share = replace(each, value=float(f"{each.value / 100:.15g}")) if percent else each
        low, high = bounds(each.metric)
        if low <= share.value <= high:
            shares.append(share)
        else:
            faults.add(
                f"{each.metric} is {each.value:g}, which is no {'percentage' if percent else 'share'}", each.where
            )
    return shares, units


def _unit(scores: Sequence[KnownScore]) -> Unit:
    """Return what values of one metric are. A value of 0 is the same in both."""
    large = [each for each in scores if abs(each.value) > 1]
    small = [each for each in scores if 0 < abs(each.value) <= 1]
    if large and small:
        where = f"{small[0].value:g} in {small[0].where}, and {large[0].value:g} in {large[0].where}"
        todo = "say --unit percent or --unit share if all are that, or write them alike"
        raise InputError(f"shares and percentages of {scores[0].metric} are mixed: {where}", todo=todo)
    return "percent" if large else "share"


def once_each(scores: Sequence[KnownScore]) -> tuple[list[KnownScore], int]:
    """Return one score of each subject, dataset and metric, sorted, and how many were left out for it.

    Of several that differ the newest counts.

    Raises:
        InputError: it cannot be told which is the newest; both are named with where they stand.
    """
    chosen = []
    for _, group in groupby(sorted(scores, key=lambda each: each.case), key=lambda each: each.case):
        chosen.append(_newest(list(group)))
    return chosen, len(scores) - len(chosen)


def _newest(scores: Sequence[KnownScore]) -> KnownScore:
    if len(scores) == 1:
        return scores[0]
    date = max(each.date or "" for each in scores)
    # 2026 may be any day of 2026-05, and what has no date any day at all
    undecided = [each for each in scores if date.startswith(each.date or "")]
    different = next((each for each in undecided if each.value != undecided[0].value), None)
    if different is not None:
        first, subject, dataset, metric = undecided[0], *scores[0].case
        values = f"{first.value:g} in {first.where}, and {different.value:g} in {different.where}"
        todo = "take one of them away, or give each its date, of which the newest counts"
        raise InputError(f"two scores of {subject!r} on {dataset!r} differ ({metric}): {values}", todo=todo)
    return max(undecided, key=lambda each: (each.date or "", each.n or 0))


def counted(scores: Sequence[KnownScore]) -> str:
    """Return how many scores of how many subjects and datasets there are, by metric, for a person."""
    subjects, datasets = {each.subject for each in scores}, {each.dataset for each in scores}
    metrics = ", ".join(f"{metric} {n}" for metric, n in Counter(each.metric for each in scores).most_common(5))
    return f"{_number(scores, 'score')} of {_number(subjects, 'subject')} on {_number(datasets, 'dataset')}: {metrics}"


def _number(things: Sequence[object] | set[str], word: str) -> str:
    return f"{len(things):,} {word}{'' if len(things) == 1 else 's'}"

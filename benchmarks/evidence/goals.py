"""The goals that the project has set itself, and what was reached of them, by the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.evidence.results import Result, Results, Table, number, of_way

FORECAST = ("forecast", "student forecast")
"""The row of what the product forecasts; where no other dataset has corrected it, the student's."""
STUDENT, ELSEWHERE, TRYING = "student alone", "mean elsewhere", "trying on 64 labels"


AS_TRYING = "as trying on 64 labels"


class Goal(NamedTuple):
    """A goal: of which question, what was wanted, what was measured, whether that reaches it (None: not measured), and
    by which result."""

    question: str
    wanted: str
    measured: str
    reached: bool | None
    result: Result


def goals(results: Results) -> Iterator[Goal]:
    """Yield all goals, question by question."""
    yield from _of_models(results["llms"])
    yield from _of_tries(results["trying"])
    yield from _of_smollm(results["smollm"])
    yield from _of_choice(results["choice"])
    yield from _of_sources(results["transfer"])
    yield from _of_scores(results["scores"])
    yield from _of_subsets(results["subset"])
    yield from _of_siblings(results["siblings"])
    yield from _of_costs(results["starter"])


def _of_models(result: Result) -> Iterator[Goal]:
    asked, table = "language models", result.table("Which model?")
    yield from _three(asked, "forecast", table, FORECAST, (0.85, 2.5, 5.5), result)
    for other in (ELSEWHERE, STUDENT):
        ahead = ahead_on(result.figures.get("ways", {}), FORECAST, other)
        yield _share(asked, f"forecast ahead of {other} on 7 of 8 tasks or more", ahead, 7 / 8, result)
    name, spearman, loss = "forecast and 16 calls", table.number(TRYING, "Spearman"), table.number(TRYING, "loss")
    yield _at_least(asked, f"{AS_TRYING}, Spearman with 16 calls", table.cell(name, "Spearman"), spearman, result)
    yield _at_most(asked, f"{AS_TRYING}, loss with 16 calls", table.cell(name, "loss"), loss, result)
    name = "forecast and 64 calls"
    yield _at_most(asked, "error with 64 calls", table.cell(name, "error"), 4.4, result)
    yield _at_most(asked, "loss with 64 calls", table.cell(name, "loss"), 2.0, result)
    yield from _coverage(asked, table, 0.80, result)
    yield from _unlabelled(asked, table, result)


def _unlabelled(asked: str, table: Table, result: Result) -> Iterator[Goal]:
    """The best way that uses neither labels nor calls, against the plain mean elsewhere."""
    ways = [name for name in table.unlabelled() if name != ELSEWHERE]
    best = max(ways, key=lambda name: table.number(name, "Spearman") or 0.0, default="")
    spearman, loss = table.number(ELSEWHERE, "Spearman"), table.number(ELSEWHERE, "loss")
    what = "without labels and calls"
    bound = None if spearman is None or not best else round(spearman + 0.04, 2)
    yield _at_least(asked, f"Spearman {what}, .04 above {ELSEWHERE}", table.cell(best, "Spearman"), bound, result)
    bound = None if loss is None or not best else round(loss - 2.0, 1)
    yield _at_most(asked, f"loss {what}, 2 points below {ELSEWHERE}", table.cell(best, "loss"), bound, result)


def _of_tries(result: Result) -> Iterator[Goal]:
    asked, table = "taskatlas try", result.table("Halves")
    yield _at_most(asked, "loss with half of the calls", table.cell("try, half of the calls", "loss"), 2.0, result)
    yield _at_most(asked, "loss with as many calls", table.cell("try, as many calls", "loss"), 1.3, result)


def _of_smollm(result: Result) -> Iterator[Goal]:
    ours, tried = of_way(result.figures, FORECAST), result.figures.get(TRYING, {})
    even = [
        ours[name]["spearman"] >= tried[name]["spearman"] and ours[name]["loss"] <= tried[name]["loss"]
        for name in ours
        if name in tried
    ]
    wanted = "forecast as good as 64 labels, Spearman and loss, on 3 of 4 datasets"
    yield _share("a language model's prompts", wanted, (sum(even), len(even)), 3 / 4, result)


def _of_choice(result: Result) -> Iterator[Goal]:
    prompts, foreign = result.table("Prompts"), result.table("Sentiment subjects that")
    unseen = result.table("Unseen kinds")
    yield from _three("prompts of an encoder", "forecast", prompts, FORECAST, (0.85, 2.0, 3.0), result)
    yield from _three("foreign subjects", "forecast", foreign, FORECAST, (0.87, 2.0, 4.0), result)
    tried = unseen.number(TRYING, "loss")
    yield _at_most("unseen kinds", f"{AS_TRYING}, loss of the forecast", unseen.cell(FORECAST, "loss"), tried, result)
    for asked, table in (("prompts of an encoder", prompts), ("foreign subjects", foreign), ("unseen kinds", unseen)):
        yield from _coverage(asked, table, 0.75, result)


def _of_sources(result: Result) -> Iterator[Goal]:
    asked, table = "source datasets", result.table("Leaving the target out")
    yield _at_least(asked, "NDCG", table.cell("forecast", "NDCG, mean"), 68, result)
    yield _at_least(asked, "NDCG by vectors alone", table.cell("vectors alone", "NDCG, mean"), 64, result)
    yield _at_most(asked, "Regret@3, percent", table.cell("forecast", "Regret@3"), 1.0, result)


def _of_scores(result: Result) -> Iterator[Goal]:
    asked, unseen = "known scores alone", result.table("Unseen datasets of the dense part")
    yield _at_least(asked, "Spearman on an unseen dataset", unseen.cell("forecast", "Spearman"), 0.72, result)
    hidden = result.table("Hidden scores").cell("completion", "error")
    yield _at_most(asked, "error of hidden scores", hidden, 3.0, result)


def _of_subsets(result: Result) -> Iterator[Goal]:
    asked, table = "a tenth of the datasets", result.table("mteb_classification")
    for cut in ("by chance", "by author"):
        cell = table.cell("taskatlas subset, 4 datasets", f"Spearman, {cut}")
        yield _at_least(asked, f"ranks as all do, subjects left out {cut}: Spearman", cell, 0.95, result)


def _of_siblings(result: Result) -> Iterator[Goal]:
    row = "class scatter + form, names hidden"
    for title, what in (("Families", "families"), ("Halves by topic", "halves by topic")):
        cell = result.table(title).cell(row, "hit rate")
        yield _at_least("what is alike", f"hit rate, label names hidden, {what}", cell, 0.85, result)


def _of_costs(result: Result) -> Iterator[Goal]:
    table = result.table("taskatlas run")
    yield _at_most("cost", "seconds of the starter's first run", table.cell("first", "seconds"), 90, result)
    yield _at_most("cost", "seconds of a run with nothing changed", table.cell("again", "seconds"), 25, result)


def ahead_on(figures: Mapping[str, Any], way: Sequence[str], other: str) -> tuple[int, int]:
    """On how many targets a way's Spearman is above another's, of how many."""
    ours, others = of_way(figures, way), figures.get(other, {})
    ahead = [ours[name]["spearman"] > others[name]["spearman"] for name in ours if name in others]
    return sum(ahead), len(ahead)


def _three(
    asked: str, what: str, table: Table, way: Sequence[str], bounds: tuple[float, float, float], result: Result
) -> Iterator[Goal]:
    yield _at_least(asked, f"Spearman of the {what}", table.cell(way, "Spearman"), bounds[0], result)
    yield _at_most(asked, f"loss of the {what}", table.cell(way, "loss"), bounds[1], result)
    yield _at_most(asked, f"error of the {what}", table.cell(way, "error"), bounds[2], result)


def _at_least(asked: str, what: str, cell: str | None, bound: float | None, result: Result) -> Goal:
    return _bounded(asked, what, cell, bound, 1, result)


def _at_most(asked: str, what: str, cell: str | None, bound: float | None, result: Result) -> Goal:
    return _bounded(asked, what, cell, bound, -1, result)


def _bounded(asked: str, what: str, cell: str | None, bound: float | None, sign: int, result: Result) -> Goal:
    value, relation = number(cell), "≥" if sign > 0 else "≤"
    if value is None or bound is None:
        return Goal(asked, what if bound is None else f"{what} {relation} {bound:g}", "–", None, result)
    return Goal(asked, f"{what} {relation} {bound:g}", cell or "–", sign * value >= sign * bound, result)


def _within(asked: str, what: str, cell: str | None, low: float, high: float, result: Result) -> Goal:
    value = number(cell)
    reached = None if value is None else low <= value <= high
    return Goal(asked, f"{what} {low:g} to {high:g}", cell or "–", reached, result)


def _coverage(asked: str, table: Table, least: float, result: Result) -> Iterator[Goal]:
    held = table.remark(r"intervals .*? in (\d\.\d+)")
    each = table.remark(r"intervals .*?of each .*?in (\d\.\d+) or more")
    yield _within(asked, "coverage of 90% intervals", held and held.group(1), 0.87, 0.93, result)
    yield _at_least(asked, "coverage on every target", each and each.group(1), least, result)


def _share(asked: str, what: str, counted: tuple[int, int], least: float, result: Result) -> Goal:
    count, total = counted
    return Goal(asked, what, f"{count} of {total}", count >= least * total if total else None, result)

"""The page: what its words mean, the questions in one table, the goals, then each question by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.evidence.goals import FORECAST, TRYING, Goal, goals
from benchmarks.evidence.questions import questions, table_of
from benchmarks.evidence.results import Results, Table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"
INTRODUCTION = """# Evidence

What holds, for whom, and where it fails, in five minutes. `python -m benchmarks.evidence` makes this page from the
[results](../benchmarks/results) of the benchmarks, and a test holds the two together; the scripts that made the
results and what else was tried are named there. Whatever is fitted leaves the target out; settings that were chosen
while looking at such figures are named beside them.

*Spearman*: rank correlation of guessed and true accuracy over the subjects of a target. *Loss*: true accuracy of the
best subject less that of the pick, in points. *Error*: mean distance of guessed and true accuracy, in points. *Labels*
and *calls*: those of the target, per subject. In brackets 90% bootstrap intervals, over targets. Other words are those
of the [glossary](dataflow.md#words).

The surrogate is all-MiniLM-L6-v2, which reads English: nothing here says what holds in other languages, for texts of
more than a paragraph, or for outputs that are no class.
"""
_CHOICES = (
    ("which language model", "llms", "Which model?"),
    ("which prompt of a language model", "smollm", "Over"),
    ("which prompt of an encoder", "choice", "Prompts"),
    ("which foreign classifier", "choice", "Sentiment subjects that"),
    ("which classifier of an unseen kind", "choice", "Unseen kinds"),
)
_SAID = {True: "reached", False: "**missed**", None: "not measured"}


def page(results: Results) -> str:
    """Write the page.

    Args:
        results: those that are there; a benchmark without one is told as not measured.
    """
    lines = [INTRODUCTION, *_overview(results), *_goals(list(goals(results))), *questions(results)]
    return "\n".join(lines).rstrip() + "\n"


def _overview(results: Results) -> Iterator[str]:
    yield "## A forecast, or 64 labels and calls of each?"
    yield ""
    yield "Spearman and loss of choosing by forecasts, without a call, beside trying each subject on 64 labelled texts."
    yield ""
    rows = []
    for asked, name, title in _CHOICES:
        table = results[name].table(title)
        cells = [
            f"{table.cell(way, 'Spearman') or '–'}, {table.cell(way, 'loss') or '–'}" for way in (FORECAST, TRYING)
        ]
        rows.append([asked, *cells, _better(table), results[name].link])
    yield from table_of(("question", "forecast", "64 labels", "better", "result"), rows)


def _better(table: Table) -> str:
    """Which of the two is better in both measures by their means."""
    spearman = [table.number(way, "Spearman") for way in (FORECAST, TRYING)]
    loss = [table.number(way, "loss") for way in (FORECAST, TRYING)]
    if None in spearman or None in loss:
        return "not measured"
    by_rank = (spearman[0] or 0.0) - (spearman[1] or 0.0)
    by_loss = (loss[1] or 0.0) - (loss[0] or 0.0)
    if min(by_rank, by_loss) >= 0:
        return "forecast" if max(by_rank, by_loss) > 0 else "neither"
    return "64 labels" if max(by_rank, by_loss) <= 0 else "neither in both"


def _goals(wanted: list[Goal]) -> Iterator[str]:
    yield "## Goals"
    yield ""
    counts = {said: sum(goal.reached is said for goal in wanted) for said in _SAID}
    yield (
        f"Of {len(wanted)} goals that were set before, {counts[True]} are reached, {counts[False]} are missed, and "
        f"{counts[None]} are not measured. A figure within its interval of a goal may fall on either side of it."
    )
    yield ""
    rows = [
        (goal.question, goal.wanted, goal.measured, _SAID[goal.reached], goal.result.link if goal.result.date else "–")
        for goal in sorted(wanted, key=lambda goal: (goal.reached is None, goal.reached is True))
    ]
    yield from table_of(("question", "goal", "measured", "", "result"), rows)

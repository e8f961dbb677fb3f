"""What the page says of each question: who asks, what is seen, what was reached, and where it fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.evidence.goals import ELSEWHERE, FORECAST, STUDENT, TRYING
from benchmarks.evidence.results import Result, Results, Table, of_way

WAYS: tuple[str | Sequence[str], ...] = (
    FORECAST, STUDENT, ELSEWHERE, "ZPS", "trying on 16 labels", TRYING, "forecast and 64 calls", "random",
)  # fmt: skip
"""The rows that the page shows of a table of ways, where it has them."""
COLUMNS = ("labels", "calls", "Spearman", "loss", "error")
FAILS = 0.6
"""Spearman below which a target is told as one that a forecast fails on."""


def questions(results: Results) -> Iterator[str]:
    """Yield the lines of all questions."""
    yield from _models(results["llms"])
    yield from _tries(results["trying"])
    yield from _smollm(results["smollm"])
    yield from _choice(results["choice"])
    yield from _verdicts(results["verdicts"])
    yield from _sources(results["transfer"])
    yield from _scores(results["scores"])
    yield from _subsets(results["subset"])
    yield from _siblings(results["siblings"])
    yield from _costs(results["starter"], results["cost"])


def table_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table and an empty one."""
    yield "| " + " | ".join(columns) + " |"
    yield "|" + " --- |" * len(columns)
    yield from ("| " + " | ".join(row) + " |" for row in rows)
    yield ""


def _ways(table: Table, ways: Sequence[str | Sequence[str]] = WAYS, columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    rows, named = [], {name for way in ways for name in ([way] if isinstance(way, str) else way)}
    for way in (*ways, *(name for name in table.unlabelled() if name not in named)):
        cells = [table.cell(way, column) for column in columns]
        if any(cell is not None for cell in cells):
            name = way if isinstance(way, str) else next(each for each in way if each in table.rows)
            rows.append([name, *(cell or "–" for cell in cells)])
    yield from table_of(("way", *columns), rows)


def _models(result: Result) -> Iterator[str]:
    yield from _heading("Which language model for my task?", result)
    yield (
        "For whoever has answers of each model to texts without labels, and labels of other texts. Answers of 11 to 13 "
        f"models, from Flan-T5 small to ChatGPT, to {len(result.figures.get('coverage', {}))} tasks, which others "
        "published; a third of a task's texts is answered, a third has labels, and a third is the truth."
    )
    yield ""
    yield from _ways(result.table("Which model?"))
    figures = result.figures.get("ways", {})
    yield f"*Fails*: {_behind(of_way(figures, FORECAST), figures.get(TRYING, {}))}"
    coverage = result.figures.get("coverage", {})
    if coverage:
        least = min(coverage, key=lambda name: coverage[name])
        yield f"Of the true accuracies on {least} the 90% intervals held {coverage[least]:.2f}, the fewest."
    yield ""


def _tries(result: Result) -> Iterator[str]:
    yield from _heading("Which calls are worth making?", result)
    yield (
        "For whoever can pay for some calls, by `taskatlas try`. The same models and tasks, cut in halves: labels and "
        "calls are of one, the truth is of the other. *Spent*: share of the calls that trying each on 64 labels takes."
    )
    yield ""
    table = result.table("Halves")
    if table.rows:
        yield from _ways(table, [*table.rows], ("spent", "loss"))


def _smollm(result: Result) -> Iterator[str]:
    yield from _heading("Which prompt for a language model?", result)
    figures = result.figures
    yield (
        "For whoever has prompts in a drawer and one small model. SmolLM2-135M-Instruct, 12 prompts for each of "
        f"{len(of_way(figures, FORECAST))} datasets; 200 texts of other families are answered without labels, and 400 "
        "train texts of the target have labels."
    )
    yield ""
    yield from _ways(result.table("Over"))
    yield f"*Fails*: {_behind(of_way(figures, FORECAST), figures.get(TRYING, {}))}"
    yield ""


def _choice(result: Result) -> Iterator[str]:
    yield from _heading("Which prompt for an encoder, which classifier of others?", result)
    yield (
        "For whoever compares many cheap subjects. No text of the target's family is in the corpus. The encoder is the "
        "surrogate itself, which flatters the student; the classifiers of words and characters share nothing with it."
    )
    yield ""
    for title in ("Prompts", "Sentiment subjects that", "Unseen kinds"):
        targets = result.figures.get(result.title(title), {})
        yield f"{result.title(title)}, {len(targets)} targets:"
        yield ""
        yield from _ways(result.table(title))
        low = {name: each["spearman"] for name, each in _by_way(targets, FORECAST).items() if each["spearman"] < FAILS}
        yield f"*Fails*: {_listed(low) or 'on none of them'} (Spearman of the forecast below {FAILS})."
        yield ""


def _verdicts(result: Result) -> Iterator[str]:
    yield from _heading("Are verdicts right?", result)
    yield (
        "For whoever reads `taskatlas recommend`. Language models are judged by 64 labelled texts that they answered, "
        "or by half of a task's, and held against the other half. *no better, wrongly*: the share of the verdicts that "
        "a subject is no better than always answering the commoner class whose subject is, by more than 5 points."
    )
    yield ""
    columns = ("first", "loss", "worse, wrongly", "no better, wrongly")
    yield from _ways(result.table("Verdicts"), ("64 texts", "half of the texts"), columns)
    wrong = result.table("Verdicts").cell("64 texts", "no better")
    yield f"*Fails*: 'no better' by 64 texts was wrong, by more than 5 points, in {wrong or '–'} of its cases."
    yield ""


def _sources(result: Result) -> Iterator[str]:
    yield from _heading("Which dataset to learn from first?", result)
    yield (
        "For whoever fine-tunes. Transfers between 22 prompted tasks in four setups, which others measured; whatever "
        "was measured with the target is left out. Labels of the target's examples, no calls. NDCG over all sources; "
        "Regret@3: what the best of the first three loses, in percent."
    )
    yield ""
    ways = ("forecast", "forecast, chosen elsewhere", "vectors alone", "cosine, text", ELSEWHERE, "random")
    yield from _ways(result.table("Leaving the target out"), ways, ("transfers", "NDCG, mean", "Regret@3"))
    ahead = result.table("Leaving the target out").cell("forecast", "less pivots")
    yield f"*Fails*: it is not ahead of measured transfers weighed by text on each target: NDCG {ahead or '–'}."
    yield ""


def _scores(result: Result) -> Iterator[str]:
    yield from _heading("What if only scores are known?", result)
    yield (
        "For whoever has a leaderboard. Scores of 506 embedding models on 255 classification tasks; no label and no "
        "call on the target. One dataset after the other is left out whole; or a tenth of all scores is hidden."
    )
    yield ""
    ways = ("forecast", "nearest dataset's order", ELSEWHERE, "random")
    for title in ("Unseen datasets of the dense part", "All unseen datasets"):
        yield from _ways(result.table(title), ways, ("knows", "Spearman", "loss", "error", "datasets"))
    yield from _ways(result.table("Hidden scores"), ("completion", "rank-8 completion", "lead"), ("error",))
    ahead = result.table("All unseen").remark(r"ahead on \d+ of \d+ datasets")
    yield f"*Fails*: a dataset's level is hard to guess (see error); of mean elsewhere it is {_text(ahead)}."
    yield ""


def _subsets(result: Result) -> Iterator[str]:
    yield from _heading("Which datasets are enough?", result)
    yield (
        "For whoever has a leaderboard that is dear to fill, by `taskatlas subset`. Half of 118 embedding models "
        "chooses of 43 classification tasks; the other half is ranked by the chosen tasks and by all. In brackets: "
        "between which values 90% of the halves lie."
    )
    yield ""
    table = result.table("mteb_classification")
    yield from _ways(table, [*table.rows], ("Spearman, by chance", "Spearman, by author"))
    yield "*Fails*: two tasks are too few to choose with care; a greedy choice by rank does better there."
    yield ""


def _siblings(result: Result) -> Iterator[str]:
    yield from _heading("What is alike?", result)
    yield (
        "For whoever looks for datasets of the same kind. A hit: the nearest of all datasets is of the same family. "
        "Label names alone tell these families apart, so the rows with names hidden are the ones that count."
    )
    yield ""
    for title in ("Families", "Halves by topic"):
        yield f"{title}:"
        yield ""
        ways = ("class scatter + form, names hidden", "class scatter, names hidden", "student, all families",
                "label names alone, all families", "random")  # fmt: skip
        yield from _ways(result.table(title), ways, ("hits", "hit rate"))
    missed = result.table("Halves by topic").remark(r"class scatter \+ form, names hidden: missed (.*)")
    yield f"*Fails*: names hidden, halves of {missed.group(1) if missed else 'none'}."
    yield ""


def _costs(starter: Result, cost: Result) -> Iterator[str]:
    yield from _heading("What does it cost?", starter)
    yield from _ways(starter.table("taskatlas run"), ("first", "again"), ("seconds", "server_seconds", "peak_mb"))
    yield f"One more subject: {cost.link}."
    yield ""


def _heading(title: str, result: Result) -> list[str]:
    return [f"## {title}", "", f"{result.link}." if result.date else "Not measured yet.", ""]


def _behind(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Where a forecast orders worse than trying on 64 labels does."""
    behind = {
        name: f"{each['spearman']:.2f} against {theirs[name]['spearman']:.2f}"
        for name, each in ours.items()
        if name in theirs and round(each["spearman"], 2) < round(theirs[name]["spearman"], 2)
    }
    return f"{_listed(behind) or 'nowhere'} (Spearman of the forecast, and of trying each on 64 labels)."


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in values.items())  # fmt: skip


def _by_way(targets: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {target: of_way(ways, names) for target, ways in targets.items() if of_way(ways, names)}


def _text(found: Any) -> str:
    return found.group() if found else "–"

"""What answers took, by subject: the rows of the table costs.

Money and tokens come from the accounts that are kept with servers' answers, at the prices that are on the cards today;
seconds from the batches in which answers were made. They hold no address and no key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from taskatlas.plan.cardtables import rows_of
from taskatlas.plan.items import AnswerSet
from taskatlas.plan.project import Project
from taskatlas.predict.stopwatch import quantile
from taskatlas.schemas.endpoint import EndpointModel

_Part = tuple[str, str, str]
"""Kind and key of a part of answers, and whose they are."""
_ACCOUNTS = ("shared", "requests", "prompt_tokens", "completion_tokens", "uncounted")


def cost_table(
    project: Project,
    answer_sets: Mapping[str, Sequence[AnswerSet]],
    tried: Mapping[tuple[str, str], Sequence[str]],
) -> pa.Table:
    """Return the table costs: a row per subject of which something is known, over all texts that it answers.

    Args:
        project: the project.
        answer_sets: all that are owed, by model; they are there.
        tried: keys of the batches of calls that were tried, by subject and dataset.
    """
    cards = project.registry.models
    prices = {name: card for name, card in cards.items() if isinstance(card, EndpointModel)}
    parts: dict[str, list[_Part]] = {model: [] for model in cards}
    for model, sets in answer_sets.items():
        parts[model] += [("predictions", each.key, each.subject) for each in sets]
    for (subject, _), keys in tried.items():
        parts[subject.partition("/")[0]] += [("tried", key, subject) for key in keys]
    return rows_of("costs", [row for model in cards for row in _rows(project, prices.get(model), parts[model])])


def _rows(project: Project, card: EndpointModel | None, parts: Sequence[_Part]) -> list[dict[str, object]]:
    """The rows of one model's subjects. Answers that were made before there were accounts have none."""
    totals: dict[str, Counter[str]] = {}
    taken: dict[str, Counter[float]] = {}
    for kind, key, subject in parts:
        manifest = project.parts.manifest(kind, key)
        counts, seconds = manifest.get("counts", {}), manifest.get("seconds", {})
        total = totals.setdefault(subject, Counter())
        total.update({name: counts.get(name, 0) for name in _ACCOUNTS})
        total["answers"] += counts.get("answers", 0) if card else project.parts.count(kind, key)
        taken.setdefault(subject, Counter()).update({float(each): n for each, n in seconds.items()})
    known = (subject for subject, total in totals.items() if taken[subject] or (card and total["answers"]))
    return [_row(card, subject, totals[subject], taken[subject]) for subject in known]


def _row(card: EndpointModel | None, subject: str, counts: Counter[str], taken: Counter[float]) -> dict[str, object]:
    return {
        "subject": subject,
        "answers": counts["answers"],
        **{name: counts[name] for name in _ACCOUNTS},
        "cost": card.cost(counts["prompt_tokens"], counts["completion_tokens"]) if card else None,
        "timed": taken.total(),
        "seconds_median": quantile(taken, 0.5),
        "seconds_p95": quantile(taken, 0.95),
    }

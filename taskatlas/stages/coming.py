"""What a run will compute, told before it does: answers of every model, and what servers and this machine take for
them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from taskatlas.plan.items import AnswerSet, ModelWork
from taskatlas.plan.plan import Plan
from taskatlas.predict.stopwatch import quantile
from taskatlas.stages import ingest
from taskatlas.stages.kept import manifest_of_answers
from taskatlas.stages.spending import planned_spending
from taskatlas.store.parts import Parts


def coming(plan: Plan) -> list[dict[str, Any]]:
    """Return a row per model that owes answers: how many subjects and answers, requests, tokens and cost of servers,
    and seconds of this machine by what the model's answers took before; None where nobody knows.

    Sources are read and checked; examples that are not selected yet are.

    Raises:
        TaskatlasError: a dataset or the corpus cannot be used, or a prompt does not fit a model.
    """
    for source in plan.sources:
        key = plan.ingestion.examples_key(source)
        if not plan.project.parts.has("examples", key):
            ingest.select(plan.project, source, key, plan.ingestion.tests_beside(source))
    plan.look_at_text_sets()
    sizes = {(each.kind, each.name): each.n_answered for each in plan.text_sets}
    return [_row(plan, work, sizes) for work in plan.model_works() if work.answer_sets]


def _row(plan: Plan, work: ModelWork, sizes: dict[tuple[str, str], int]) -> dict[str, Any]:
    answers = sum(sizes[each.text_set] for each in work.answer_sets)
    spending = planned_spending(plan.project, work)
    median = _seconds(plan.project.parts, plan.answer_sets[work.model]) if spending is None else None
    return {
        "name": work.model,
        "subjects": len({each.subject for each in work.answer_sets}),
        "answers": answers,
        "requests": spending.requests if spending else None,
        "tokens": spending.tokens if spending else None,
        "cost": spending.cost if spending else None,
        "seconds": None if median is None else median * answers,
    }


def _seconds(parts: Parts, answer_sets: list[AnswerSet]) -> float | None:
    """Return the median seconds of a model's answers that are there, whatever the texts were."""
    taken: Counter[float] = Counter()
    for key in {key for each in answer_sets for key in (each.key, *each.earlier)}:
        manifest = manifest_of_answers(parts, key) or {}
        taken.update({float(each): n for each, n in manifest.get("seconds", {}).items()})
    return quantile(taken, 0.5)

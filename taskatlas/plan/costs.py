"""What the answers of servers took, by subject: the rows of the table costs.

They come from the accounts that are kept with answers, at the prices that are on the cards today. They hold no address
and no key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from taskatlas.plan.cardtables import rows_of
from taskatlas.plan.items import AnswerSet
from taskatlas.plan.project import Project
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.tables import TABLES

_COUNTS = [field.name for field in TABLES["costs"].schema if pa.types.is_integer(field.type)]


def cost_table(project: Project, answer_sets: Mapping[str, Sequence[AnswerSet]]) -> pa.Table:
    """Return the table costs: a row per subject of an endpoint, over all texts that it answers.

    Args:
        project: the project.
        answer_sets: all that are owed, by model; they are there.
    """
    cards = [card for card in project.registry.models.values() if isinstance(card, EndpointModel)]
    return rows_of("costs", [row for card in cards for row in _rows(project, card, answer_sets[card.name])])


def _rows(project: Project, card: EndpointModel, answer_sets: Sequence[AnswerSet]) -> list[dict[str, object]]:
    totals: dict[str, Counter[str]] = {}
    for answers in answer_sets:
        counts = project.parts.manifest("predictions", answers.key).get("counts", {})
        totals.setdefault(answers.subject, Counter()).update({name: counts.get(name, 0) for name in _COUNTS})
    # answers that were made before there were accounts have none
    return [_row(card, subject, counts) for subject, counts in totals.items() if counts["answers"]]


def _row(card: EndpointModel, subject: str, counts: Counter[str]) -> dict[str, object]:
    cost = card.cost(counts["prompt_tokens"], counts["completion_tokens"])
    return {"subject": subject, **{name: counts[name] for name in _COUNTS}, "cost": cost}

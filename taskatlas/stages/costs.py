"""What the answers of servers took, by subject: the rows of the table costs.

They come from the accounts that are kept with answers, at the prices that are on the cards today. They hold no address
and no key.
"""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from taskatlas.plan.plan import Plan
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.cardtables import rows_of

_COUNTS = [field.name for field in TABLES["costs"].schema if pa.types.is_integer(field.type)]


def cost_rows(plan: Plan) -> pa.Table:
    """Return the table costs: a row per subject of an endpoint, over all texts that it answers."""
    cards = [card for card in plan.project.registry.models.values() if isinstance(card, EndpointModel)]
    return rows_of("costs", [row for card in cards for row in _rows(plan, card)])


def _rows(plan: Plan, card: EndpointModel) -> list[dict[str, object]]:
    totals: dict[str, Counter[str]] = {}
    for answers in plan.answer_sets[card.name]:
        counts = plan.project.parts.manifest("predictions", answers.key).get("counts", {})
        totals.setdefault(answers.subject, Counter()).update({name: counts.get(name, 0) for name in _COUNTS})
    # answers that were made before there were accounts have none
    return [_row(card, subject, counts) for subject, counts in totals.items() if counts["answers"]]


def _row(card: EndpointModel, subject: str, counts: Counter[str]) -> dict[str, object]:
    cost = card.cost(counts["prompt_tokens"], counts["completion_tokens"])
    return {"subject": subject, **{name: counts[name] for name in _COUNTS}, "cost": cost}

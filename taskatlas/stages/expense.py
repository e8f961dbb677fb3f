"""What calls may cost, told before they are made: by what the same subjects' answers cost so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from taskatlas.plan.plan import Plan


class Expense(NamedTuple):
    """What calls may cost at the most.

    Attributes:
        asks_servers: whether anybody who may be called answers from a server.
        dearest: cost of a call of the dearest subject whose cost is known; None where none is known.
        unknown: subjects of servers whose cost nobody knows.
    """

    asks_servers: bool
    dearest: float | None
    unknown: int


def expense(plan: Plan, subjects: Iterable[str]) -> Expense:
    """Return what a call of subjects may cost.

    Args:
        plan: the project's; its subjects have answered the corpus.
        subjects: their names.
    """
    models = plan.project.registry.models
    of_servers = [name for name in subjects if not models[name.partition("/")[0]].computes_here]
    rows = {row["subject"]: row for row in plan.card_tables["costs"].to_pylist()}
    known = [rows[name] for name in of_servers if name in rows and rows[name]["cost"] is not None]
    costs = [row["cost"] / row["answers"] for row in known]
    return Expense(bool(of_servers), max(costs, default=None), len(of_servers) - len(known))

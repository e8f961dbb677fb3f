"""What calls may cost, told before they are made: by what the same subjects' answers cost so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from taskatlas.plan.plan import Plan


class Expense(NamedTuple):
    """What calls may cost at the most.

    Attributes:
        calls: that may be made at the most.
        of_servers: how many of them may be made of servers.
        dearest: cost of a call of the dearest subject whose cost is known; None where none is known.
        unknown: subjects of servers whose cost nobody knows.
    """

    calls: int
    of_servers: int
    dearest: float | None
    unknown: int


def expense(plan: Plan, left: Mapping[str, int], calls: int) -> Expense:
    """Return what calls of subjects may cost.

    Args:
        plan: the project's; its subjects have answered the corpus.
        left: how many texts each of them may be asked about, by name.
        calls: that may be spent.
    """
    models = plan.project.registry.models
    of_servers = {
        name: texts for name, texts in left.items() if texts and not models[name.partition("/")[0]].computes_here
    }
    rows = {row["subject"]: row for row in plan.card_tables["costs"].to_pylist()}
    known = [rows[name] for name in of_servers if name in rows and rows[name]["cost"] is not None]
    dearest = max((row["cost"] / row["answers"] for row in known), default=None)
    most, most_of_servers = (min(calls, sum(of.values())) for of in (left, of_servers))
    return Expense(most, most_of_servers, dearest, len(of_servers) - len(known))

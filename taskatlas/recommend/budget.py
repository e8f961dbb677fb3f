"""What one can afford: the most that 1,000 answers may cost and take, and which candidates are known to keep to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.errors import InputError


@dataclass(frozen=True)
class Budget:
    """The most that 1,000 answers may cost and take; None for any.

    Attributes:
        cost: in the currency of the cards.
        seconds: at the median of the seconds per answer.

    Raises:
        InputError: one of them is no cost or time.
    """

    cost: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        _check(self.cost, "cost", "cost, such as 0.5")
        _check(self.seconds, "time", "take in seconds, such as 60")

    @property
    def given(self) -> dict[str, float]:
        """The limits that there are, by column."""
        limits = {"cost": self.cost, "seconds": self.seconds}
        return {column: most for column, most in limits.items() if most is not None}

    def kept(self, rows: pa.Table) -> pa.Table:
        """Return the rows that are known to keep to all limits.

        Args:
            rows: with the columns cost and seconds, of 1,000 answers; null where nobody knows.
        """
        for column, most in self.given.items():
            rows = rows.filter(pc.fill_null(pc.less_equal(rows[column], most), fill_value=False))
        return rows

    def unknown(self, rows: pa.Table, column: str) -> pa.Table:
        """Return the rows of which nobody knows whether they keep to one limit, and that break no other as far as one
        knows; none where it is not given."""
        if column not in self.given:
            return rows.slice(0, 0)
        for other, most in self.given.items():
            known = pc.is_null(rows[other]) if other == column else pc.less_equal(rows[other], most)
            rows = rows.filter(pc.fill_null(known, fill_value=True))
        return rows

    def broken(self, row: Mapping[str, Any]) -> str:
        """Return in words why a row is not among those that are known to keep to the limits."""
        cost, seconds = self.given.get("cost"), self.given.get("seconds")
        reasons = []
        if cost is not None and (row["cost"] is None or row["cost"] > cost):
            reasons.append("is of unknown cost" if row["cost"] is None else "costs more")
        if seconds is not None and (row["seconds"] is None or row["seconds"] > seconds):
            reasons.append("is of unknown time" if row["seconds"] is None else "takes longer")
        return " and ".join(reasons)

    def __str__(self) -> str:
        units = {"cost": "{:g}", "seconds": "{:g} s"}
        return f"at most {' and '.join(units[column].format(most) for column, most in self.given.items())}"


def _check(most: float | None, what: str, example: str) -> None:
    if most is not None and not 0 <= most < math.inf:
        raise InputError(f"{most} is no {what}", todo=f"give the most that 1,000 answers may {example}")

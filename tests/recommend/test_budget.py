"""A budget: what is known to keep to them, what nobody knows, and why the first was passed over."""

from __future__ import annotations

import pyarrow as pa
import pytest

from taskatlas.errors import InputError
from taskatlas.recommend.budget import Budget

ROWS = pa.table(
    {
        "candidate": ["cheap", "dear", "slow", "unpriced", "untimed", "neither", "unpriced and slow"],
        "cost": [0.1, 9.0, 0.1, None, 0.1, None, None],
        "seconds": [5.0, 5.0, 90.0, 5.0, None, None, 90.0],
    }
)


def names(rows: pa.Table) -> list[str]:
    found: list[str] = rows["candidate"].to_pylist()
    return found


def test_without_limits_all_is_kept():
    assert names(Budget().kept(ROWS)) == names(ROWS)
    assert Budget().unknown(ROWS, "cost").num_rows == 0


def test_one_limit():
    cost = Budget(cost=0.5)
    assert names(cost.kept(ROWS)) == ["cheap", "slow", "untimed"]
    assert names(cost.unknown(ROWS, "cost")) == ["unpriced", "neither", "unpriced and slow"]
    assert cost.unknown(ROWS, "seconds").num_rows == 0
    assert str(cost) == "at most 0.5"
    assert str(Budget(seconds=60)) == "at most 60 s"


def test_both_limits():
    both = Budget(0.5, 60)
    assert names(both.kept(ROWS)) == ["cheap"]
    assert names(both.unknown(ROWS, "cost")) == ["unpriced", "neither"], "what is known to be too slow is out"
    assert names(both.unknown(ROWS, "seconds")) == ["untimed", "neither"]
    assert str(both) == "at most 0.5 and 60 s"


@pytest.mark.parametrize(
    ("cost", "seconds", "why"),
    [
        (9.0, 5.0, "costs more"), (0.1, 90.0, "takes longer"), (9.0, 90.0, "costs more and takes longer"),
        (None, 5.0, "is of unknown cost"), (0.1, None, "is of unknown time"),
    ],
)  # fmt: skip
def test_why_one_is_passed_over(cost: float | None, seconds: float | None, why: str):
    assert Budget(0.5, 60).broken({"cost": cost, "seconds": seconds}) == why


@pytest.mark.parametrize("most", [-1.0, float("nan"), float("inf")])
def test_no_cost_and_no_time(most: float):
    with pytest.raises(InputError, match=r"is no cost\. Give the most that 1,000 answers may cost, such as 0.5"):
        Budget(cost=most)
    with pytest.raises(InputError, match=r"is no time\. Give the most that 1,000 answers may take in seconds"):
        Budget(seconds=most)

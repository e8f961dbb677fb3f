"""What was measured between datasets: gathered in a table, left out, and turned into what sources are worth."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.errors import InputError
from taskatlas.transfer.measured import Transfer, gains, gather

ROWS = [
    Transfer("a", "b", "small", 0.1),
    Transfer("a", "c", "small", -0.2),
    Transfer("b", "a", "small", 0.3),
    Transfer("a", "b", "large", 0.0),
]


def test_cells_are_where_they_belong_and_the_rest_is_unknown():
    transfers = gather(ROWS, ["d"])
    assert transfers.datasets == ("a", "b", "c", "d")
    assert transfers.setups == ("large", "small")
    assert transfers.change[1, 0].tolist()[1:3] == [0.1, -0.2]
    assert transfers.change[0, 0, 1] == 0.0
    assert np.isfinite(transfers.change).sum() == 4


def test_what_a_dataset_does_for_itself_is_left_out():
    assert np.isfinite(gather([*ROWS, Transfer("a", "a", "small", 9.0)]).change).sum() == 4


def test_a_target_has_two_sources_or_more():
    assert gather(ROWS).targets == [0]


def test_a_dataset_is_left_out_as_target_and_as_source():
    left = gather(ROWS).without(1)
    assert left.change[1, 0, 2] == -0.2
    assert np.isfinite(left.change).sum() == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no transfer was measured"),
        ([Transfer("a", "b", "small", float("nan"))], "a after b, small: the relative change nan is not a finite"),
        ([ROWS[0], ROWS[0]], "a after b, small: it was measured twice"),
    ],
)
def test_what_cannot_be_gathered_is_told(rows: list[Transfer], message: str):
    with pytest.raises(InputError, match=message):
        gather(rows)


def test_the_best_source_is_worth_most_and_equal_ones_as_much():
    worth = gains(np.array([[0.3, 0.1, 0.1, np.nan], [np.nan] * 4]), decay=2.0)
    assert worth[0].tolist()[:3] == pytest.approx([1.0, 2**-1.5, 2**-1.5])
    assert np.isnan(worth[0, 3])
    assert np.isnan(worth[1]).all()

"""Sources are ranked by vectors alone, by what they were worth for targets alike, and by both where little is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from taskatlas.analyze.metrics import ndcg
from taskatlas.errors import InputError
from taskatlas.transfer.likeness import centred_cosines, combine, weigh
from taskatlas.transfer.measured import Transfers, gains
from taskatlas.transfer.ranking import by_vectors, forecast_gains, mean_elsewhere

Floats = npt.NDArray[np.float64]
N = 12
NONE = np.zeros(N)


@pytest.fixture
def sides() -> Floats:
    """Two sides of twelve datasets: by one they are of two kinds, the other is noise."""
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.eye(2), N // 2, axis=0)
    return np.stack([centred_cosines(kinds + 0.05 * rng.normal(size=(N, 2))), centred_cosines(rng.normal(size=(N, 6)))])


@pytest.fixture
def transfers() -> Transfers:
    """Datasets of the first kind gain from 0, 1 and 2 most, those of the second from 6, 7 and 8."""
    rng = np.random.default_rng(1)
    change = rng.normal(scale=0.02, size=(2, N, N))
    change[:, :6, 0:3] += 0.3
    change[:, 6:, 6:9] += 0.3
    change[:, np.arange(N), np.arange(N)] = np.nan
    return Transfers(tuple("abcdefghijkl"), ("small", "large"), change)


def reached(guess: Floats, transfers: Transfers) -> float:
    """The mean NDCG over setups and targets."""
    cells = [(s, t) for s in range(2) for t in range(N)]
    known = np.isfinite(transfers.change)
    return float(np.mean([ndcg(guess[s, t][known[s, t]], transfers.change[s, t][known[s, t]]) for s, t in cells]))


def forecast_all(sides: Floats, transfers: Transfers) -> Floats:
    """Forecasts for every dataset as a target, [S, n, n]."""
    return np.stack([forecast_gains(sides, NONE, transfers, target) for target in range(N)], axis=1)


def test_the_side_that_tells_is_found(sides: Floats, transfers: Transfers):
    weights = weigh(sides, transfers)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] > 0.55
    assert weigh(sides, transfers, strength=1.0)[0] > 0.9


def test_sides_weigh_the_same_where_nothing_was_measured(sides: Floats, transfers: Transfers):
    unknown = Transfers(transfers.datasets, transfers.setups, np.full_like(transfers.change, np.nan))
    assert weigh(sides, unknown).tolist() == [0.5, 0.5]


def test_a_forecast_beats_likeness_and_mean_elsewhere(sides: Floats, transfers: Transfers):
    ours = reached(forecast_all(sides, transfers), transfers)
    near = np.stack([by_vectors(combine(sides, np.full(2, 0.5)), NONE, target) for target in range(N)])
    means = np.stack([mean_elsewhere(transfers, target) for target in range(N)], axis=1)
    assert ours > reached(np.stack([near, near]), transfers) + 0.1
    assert ours > reached(means, transfers) + 0.1


def test_nothing_measured_with_the_target_is_used(sides: Floats, transfers: Transfers):
    changed = Transfers(transfers.datasets, transfers.setups, transfers.change.copy())
    changed.change[:, 3, :], changed.change[:, :, 3] = 7.0, -7.0
    assert np.array_equal(
        forecast_gains(sides, NONE, transfers, 3), forecast_gains(sides, NONE, changed, 3), equal_nan=True
    )
    assert np.array_equal(mean_elsewhere(transfers, 3), mean_elsewhere(changed, 3), equal_nan=True)


def test_where_nothing_is_known_vectors_decide(sides: Floats, transfers: Transfers):
    unknown = Transfers(transfers.datasets, transfers.setups, np.full_like(transfers.change, np.nan))
    start = np.arange(N) / N
    alone = gains(by_vectors(combine(sides, np.full(2, 0.5)), start, 4))
    assert forecast_gains(sides, start, unknown, 4)[0] == pytest.approx(alone, nan_ok=True)


def test_a_source_of_which_nothing_is_known_is_ranked_by_vectors(sides: Floats, transfers: Transfers):
    transfers.change[:, :, 5] = np.nan
    guess = forecast_gains(sides, NONE, transfers, 4)
    assert np.isfinite(guess[:, 5]).all()


def test_sides_of_other_datasets_are_refused(sides: Floats, transfers: Transfers):
    with pytest.raises(InputError, match="do not fit 12 datasets"):
        forecast_gains(sides[:, :5, :5], NONE, transfers, 0)

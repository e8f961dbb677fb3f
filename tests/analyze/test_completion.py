"""Holes filled and unseen datasets forecast on small matrices of which the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.analyze.completion.about import about
from taskatlas.analyze.completion.conformal import half_width
from taskatlas.analyze.completion.expected import Expected
from taskatlas.analyze.completion.holes import fill
from taskatlas.analyze.completion.kernels import likeness, name_features
from taskatlas.analyze.completion.level import level
from taskatlas.analyze.completion.scale import as_shares, scale_of, share
from taskatlas.analyze.completion.unseen import forecast, leave_datasets_out, likely_variances
from taskatlas.embed.interval import NORMAL_90
from taskatlas.embed.measure import spearman
from taskatlas.errors import InputError

SUBJECTS, DATASETS = 20, 12
NAMES = [f"house{number % 3}/family{number % 3}-{number}" for number in range(SUBJECTS)]


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """Scores of two kinds of datasets; who leads on the one does not lead on the other."""
    random = np.random.default_rng(0)
    leads = random.normal(size=(SUBJECTS, 2))
    kinds = np.arange(DATASETS) % 2
    level = random.normal(0.5, 0.5, DATASETS)
    return share(level + 0.6 * leads[:, kinds] + 0.1 * random.normal(size=(SUBJECTS, DATASETS)))


@pytest.fixture(scope="module")
def kinds() -> np.ndarray:
    return np.eye(2)[np.arange(DATASETS) % 2]


def holed(truth, portion: float, seed: int = 1):
    scores = truth.copy()
    scores[np.random.default_rng(seed).random(truth.shape) < portion] = np.nan
    return scores


def held(found: Expected, truth) -> float:
    return float(((found.low <= truth) & (truth <= found.high)).mean())


def test_holes_are_filled_better_than_by_leads(truth, kinds):
    scores = holed(truth, 0.3)
    found = fill(scores, about(NAMES, DATASETS, [kinds]))
    out = np.isnan(scores)
    means = np.nanmean(scores, axis=0)
    by_lead = means + np.nanmean(scores - means, axis=1)[:, None]
    assert np.abs(found.value - truth)[out].mean() < 0.7 * np.abs(by_lead - truth)[out].mean()
    assert 0.8 < held(Expected(found.value[out], found.low[out], found.high[out]), truth[out]) <= 1.0
    assert (found.value[~out] == scores[~out]).all()
    assert (found.low[~out] == found.high[~out]).all()


def test_holes_are_filled_without_features(truth):
    scores = holed(truth, 0.3)
    found = fill(scores, about(NAMES, DATASETS))
    out = np.isnan(scores)
    assert spearman(found.value[out], truth[out]) > 0.8


def test_the_unit_of_scores_is_kept(truth, kinds):
    scores, known = holed(truth, 0.2), about(NAMES, DATASETS, [kinds])
    assert fill(100 * scores, known).value == pytest.approx(100 * fill(scores, known).value, rel=1e-3)


def test_an_unseen_dataset_goes_by_those_that_are_like_it(truth, kinds):
    scores = holed(truth, 0.2)
    scores[:, 5] = np.nan
    found = forecast(scores, about(NAMES, DATASETS, [kinds]))
    assert found.value.shape == (SUBJECTS, 1)
    others = np.delete(scores, 5, axis=1)
    elsewhere = np.nanmean(others - np.nanmean(others, axis=0), axis=1)
    assert spearman(found.value[:, 0], truth[:, 5]) > 0.9 > spearman(elsewhere, truth[:, 5])
    assert held(found, truth[:, [5]]) > 0.7


def test_leaving_a_dataset_out_is_not_knowing_it(truth, kinds):
    scores, known = holed(truth, 0.2), about(NAMES, DATASETS, [kinds])
    variances = likely_variances(scores, known)
    before = leave_datasets_out(scores, known, variances)
    changed = scores.copy()
    changed[:, 3] = 1.0 - scores[:, 3]  # the other way round, and as many are known
    after = leave_datasets_out(changed, known, variances)
    at = before.cells.columns == 3
    assert after.cells.values[at] == pytest.approx(-before.cells.values[at])
    assert after.odds.mean[at] == pytest.approx(before.odds.mean[at], abs=0.02)


@pytest.mark.parametrize(
    "scores",
    [
        np.array([[0.5, 0.7, np.nan]]),  # one subject
        np.array([[0.5], [0.7], [np.nan]]),  # one dataset
        np.array([[0.9]]),
        np.array([[0.0, 1.0], [np.nan, 1.0]]),
        np.full((4, 3), 0.5),  # constant
    ],
)
def test_little_is_known(scores):
    padded = np.hstack([scores, np.full((len(scores), 1), np.nan)])
    known = about([f"m{i}" for i in range(len(scores))], padded.shape[1])
    filled, unseen = fill(padded, known), forecast(padded, known)
    assert unseen.value.shape == (len(scores), np.isnan(padded).all(axis=0).sum())
    for found in (filled, unseen):
        assert np.isfinite(found.value).all()
        assert ((found.low <= found.value) & (found.value <= found.high)).all()
        assert ((found.low >= 0) & (found.high <= 1)).all()


def test_a_subject_without_scores_is_forecast_by_its_kin():
    random = np.random.default_rng(3)
    good = np.repeat([1.0, -1.0], 6)
    names = [f"{'strongfamily' if each > 0 else 'weakling'}-{number}" for number, each in enumerate(good)]
    scores = share(0.5 + good[:, None] + 0.2 * random.normal(size=(12, 8)))
    scores[[0, 6]] = np.nan
    found = fill(scores, about(names, 8))
    assert (found.value[0] > found.value[6]).all()


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ([[0.5, 85.0]], "percentages are mixed with shares"),
        ([[-0.1, 0.5]], "below 0"),
        ([[120.0, 50.0]], "above 100"),
        ([[np.inf, 0.5]], "infinite"),
        ([[np.nan, np.nan]], "no matrix in which some score is known"),
        ([0.5, 0.6], "no matrix"),
        (np.empty((0, 3)), "no matrix"),
    ],
)
def test_what_is_no_matrix_of_scores_is_refused(scores, told):
    with pytest.raises(InputError, match=told):
        as_shares(scores)


def test_percentages_are_shares_of_a_hundred():
    shares, unit = as_shares([[50.0, np.nan], [0.0, 100.0]])
    assert unit == 100.0
    assert shares[0, 0] == 0.5
    assert as_shares([[0.5, 1.0]])[1] == 1.0


def test_a_dataset_with_few_scores_has_the_usual_spread():
    random = np.random.default_rng(4)
    shares = share(random.normal(size=(40, 4)))
    shares[2:, 3] = np.nan
    spread = scale_of(shares).spread
    assert spread[3] == pytest.approx(np.median(spread[:3]), rel=0.4)
    scale = scale_of(shares)
    assert np.nanmax(np.abs(scale.shares(scale.standard(shares)) - shares)) < 0.02


def test_likeness_of_features_and_of_names():
    kernel = likeness([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert kernel[0, 1] == pytest.approx(1.0)
    assert kernel[0, 2] == pytest.approx(np.exp(-1.0))
    assert kernel[3].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert np.linalg.eigvalsh(kernel).min() > -1e-9
    names = likeness(name_features(["lab/LegalBench-Small", "lab/LegalBenchLarge", "other/news"]))
    assert names[0, 1] > names[0, 2]
    with pytest.raises(InputError, match="not finite rows"):
        likeness([[np.nan]])
    with pytest.raises(InputError, match="features of 2 datasets do not fit scores on 3"):
        about(["a"], 3, [np.eye(2)])


def test_names_without_letters_are_like_none_but_themselves():
    assert likeness(name_features(["", "?"])) == pytest.approx(np.eye(2))


def test_a_level_goes_by_those_that_are_like():
    kernel = likeness(np.eye(2)[np.arange(20) % 2], width=0.1)
    values = np.where(np.arange(20) % 2, 1.0, -1.0) + 0.01 * np.arange(20)
    known = np.arange(20) != 4
    values[4] = 99.0  # stands where none is known
    found = level(values, known, kernel)
    assert found.mean[4] == pytest.approx(-0.9, abs=0.2)
    assert found.mean[5] == pytest.approx(1.1, abs=0.2)
    assert (found.sigma > 0).all()


def test_intervals_are_as_wide_as_it_takes():
    random = np.random.default_rng(5)
    errors = 2.0 * random.normal(size=2_000)
    width = half_width(errors, np.ones(2_000), np.arange(2_000))
    assert width == pytest.approx(2.0 * NORMAL_90, rel=0.1)
    assert half_width(errors[:5], np.ones(5), np.arange(5)) == NORMAL_90
    groups = np.r_[np.zeros(1_900, np.int64), np.arange(1, 101)]  # one dataset with most of the errors
    errors[:1_900] = 0.0
    assert half_width(errors, np.ones(2_000), groups) > 2.0

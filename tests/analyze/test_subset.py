"""Which few datasets stand for all, and what their ranking is worth."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.subset import halves
from taskatlas.analyze.subset import FEWEST_SUBJECTS, choose, complete, correlations, subset
from taskatlas.embed.measure import spearman
from taskatlas.errors import InputError

GROUPS = np.repeat(np.arange(4), 5)
"""Twenty datasets: what leads on one dataset of a group leads on all of it."""


def made_up(subjects: int = 60, *, seed: int = 0, noise: float = 0.02) -> np.ndarray:
    random = np.random.default_rng(seed)
    skill = random.normal(0.6, 0.08, (subjects, 4))
    return np.clip(skill[:, GROUPS] + random.normal(0.0, noise, (subjects, len(GROUPS))), 0.0, 1.0)


def test_one_dataset_of_each_group_is_chosen_and_stands_for_its_group():
    found = subset(made_up(), 4)
    assert {GROUPS[column] for column in found.chosen} == {0, 1, 2, 3}
    for column, others in found.stands_for.items():
        assert sorted([column, *others]) == np.flatnonzero(GROUPS[column] == GROUPS).tolist()
    assert found.datasets == tuple(range(20))
    assert found.subjects == tuple(range(60))


def test_what_is_lost_is_as_on_subjects_that_nobody_saw():
    found = subset(made_up(), 4)
    fresh = made_up(2_000, seed=1)
    assert found.agreement is not None
    true = spearman(fresh[:, list(found.chosen)].mean(axis=1), fresh.mean(axis=1))
    assert found.agreement.chosen.low - 0.02 <= true <= found.agreement.chosen.high + 0.02
    assert found.agreement.chosen.mean > found.agreement.random.mean + 0.05
    assert (found.agreement.count, found.agreement.datasets) == (4, 20)


def test_where_nothing_is_shared_a_choice_is_told_to_be_no_better_than_a_random_one():
    found = subset(np.random.default_rng(0).random((60, 20)), 4)
    assert found.agreement is not None
    assert abs(found.agreement.chosen.mean - found.agreement.random.mean) < 0.1


def test_each_choice_is_as_good_as_any_exchange_and_begins_with_the_best():
    scores = made_up(noise=0.1)
    correlation, spread = correlations(scores)
    chosen = choose(correlation, spread, 4)
    covariance = correlation * np.outer(spread, spread)

    def reached(columns: list[int]) -> float:
        return float(covariance[columns].sum() / np.sqrt(covariance[np.ix_(columns, columns)].sum()))

    for at in range(4):
        for other in set(range(20)) - set(chosen):
            assert reached([*chosen[:at], other, *chosen[at + 1 :]]) <= reached(chosen) * (1 + 1e-6)
    assert reached(chosen[:1]) == pytest.approx(max(reached([one]) for one in chosen))


def test_the_order_of_rows_and_columns_changes_nothing():
    scores, random = made_up(noise=0.1), np.random.default_rng(3)
    columns = random.permutation(20)
    turned = subset(scores[random.permutation(60)][:, columns], 4)
    assert sorted(columns[list(turned.chosen)]) == sorted(subset(scores, 4).chosen)


def test_a_constant_dataset_and_two_that_are_the_same_do_no_harm():
    scores = made_up()
    scores[:, 0], scores[:, 2] = 0.5, scores[:, 1]
    found = subset(scores, 4)
    assert 0 not in found.chosen
    assert not {1, 2} <= set(found.chosen)


def test_correlations_are_those_of_numpy_between_pearson_and_spearman_where_subjects_are_many():
    scores = made_up(20_000, noise=0.1)
    found, spread = correlations(scores)
    assert found == pytest.approx(np.corrcoef(scores.T), abs=0.03)
    assert spread == pytest.approx(scores.std(axis=0), rel=0.01)


def test_a_correlation_with_holes_is_that_of_the_subjects_both_know():
    scores = made_up(5_000)
    holes = scores.copy()
    holes[:2_500, 0] = np.nan
    assert correlations(holes)[0][0] == pytest.approx(correlations(scores[2_500:])[0][0], abs=0.03)


def test_where_scores_are_missing_vectors_say_what_is_alike():
    scores = made_up(20)
    scores[:, [4, 9, 14, 19]] = np.nan
    scores[:2, [4, 9, 14, 19]] = 0.5
    without = subset(scores, 4)
    assert without.datasets == tuple(column for column in range(20) if column % 5 != 4)
    likeness = np.where(GROUPS[:, None] == GROUPS, 0.9, 0.1)
    found = subset(scores, 4, likeness)
    assert found.datasets == tuple(range(20))
    assert {GROUPS[column] for column in found.chosen} == {0, 1, 2, 3}
    for column, others in found.stands_for.items():
        assert {GROUPS[other] for other in others} == {GROUPS[column]}
    assert found.agreement is not None
    assert (found.agreement.count, found.agreement.datasets) == (3, 16)


def test_vectors_choose_where_too_few_subjects_have_all_scores():
    scores = np.where(np.eye(3)[:, [0, 0, 1, 1, 2, 2]] > 0, 0.7, np.nan)
    likeness = np.kron(np.eye(3), np.full((2, 2), 0.8)) + 0.2 * np.eye(6)
    found = subset(scores, 3, likeness)
    assert {column // 2 for column in found.chosen} == {0, 1, 2}
    assert found.agreement is None


def test_what_is_complete():
    known = np.ones((6, 5), np.bool_)
    known[:, 4] = False
    known[5, :3] = False
    rows, columns = complete(known)
    assert (rows.tolist(), columns.tolist()) == ([0, 1, 2, 3, 4], [0, 1, 2, 3])
    assert known[np.ix_(rows, columns)].all()
    assert not len(complete(np.zeros((3, 3), np.bool_))[0])


@pytest.mark.parametrize(
    ("scores", "k", "told"),
    [
        (
            np.full((20, 2), 0.5),
            1,
            "scores on 2 datasets, of which none can stand for others. Give scores on 3 datasets",
        ),
        (made_up(), 20, "-k: 20 of 20 datasets that can be compared is no choice. Give a number from 1 to 19"),
        (made_up(), 0, "-k: 0 of 20 datasets"),
        (
            made_up(FEWEST_SUBJECTS - 1),
            4,
            "only 7 subjects have all scores of each other, on 20 datasets. Give scores of 8 subjects or more",
        ),
        (np.full((20, 4), np.inf), 2, "scores of shape [20, 4] are not finite"),
        (np.full((20, 4), np.nan), 2, "only 0 subjects have all scores of each other"),
    ],
)
def test_what_is_no_choice_is_told(scores: np.ndarray, k: int, told: str):
    with pytest.raises(InputError) as error:
        subset(scores, k)
    assert str(error.value).startswith(told)


def test_what_the_errors_advise_works():
    assert len(subset(made_up(), 19).chosen) == 19
    assert len(subset(made_up(FEWEST_SUBJECTS)[:, :3], 1).chosen) == 1


def test_the_benchmark_keeps_siblings_in_one_half():
    authors = np.repeat(np.arange(12), [9, 1, 1, 4, 2, 2, 3, 1, 1, 6, 5, 5])
    cuts = list(halves(authors))
    assert len({tuple(first.tolist()) for first, _ in cuts}) > 20
    for first, other in cuts:
        assert sorted([*first.tolist(), *other.tolist()]) == list(range(40))
        assert not set(authors[first]) & set(authors[other])
        assert min(len(first), len(other)) >= 10

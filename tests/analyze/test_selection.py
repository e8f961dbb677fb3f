"""Ways of choosing from papers, by hand: subjects whose scores are seen at a glance."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.analyze import selection
from taskatlas.analyze.elsewhere import mean_elsewhere, nearest_elsewhere
from taskatlas.errors import InputError

SURE = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
UNSURE = [[0.4, 0.6], [0.6, 0.4], [0.6, 0.4], [0.6, 0.4]]
ONE_CLASS = [[0.9, 0.1]] * 4
LABELS = np.array([0, 0, 1, 1])


def entropy(*shares: float) -> float:
    return -sum(share * np.log(share) for share in shares)


def test_mutual_information_and_global_entropy():
    information = selection.mutual_information([SURE, ONE_CLASS])
    np.testing.assert_allclose(information, [np.log(2), 0], atol=1e-9)
    of = selection.global_entropy([SURE, UNSURE, ONE_CLASS])
    np.testing.assert_allclose(of, [np.log(2), entropy(0.25, 0.75), 0], atol=1e-9)


def test_local_entropy_and_description_length():
    expected = [0, entropy(0.4, 0.6), entropy(0.9, 0.1)]
    np.testing.assert_allclose(selection.local_entropy([SURE, UNSURE, ONE_CLASS]), expected, atol=1e-9)
    lengths = selection.description_length([SURE, UNSURE, ONE_CLASS])
    np.testing.assert_allclose(lengths, [-each for each in expected], atol=1e-9)
    assert lengths.argmax() == 0, "the shortest description is of who is sure"


def test_codelength():
    # of labels 0, 0, 1, 1 the unsure one gives .4, .6, .4, .4, and the one of one class .9, .9, .1, .1
    lengths = selection.codelength([SURE, UNSURE, ONE_CLASS], LABELS, 4)
    expected = [0, (3 * np.log(0.4) + np.log(0.6)) / 4, (np.log(0.9) + np.log(0.1)) / 2]
    np.testing.assert_allclose(lengths, expected, atol=1e-9)
    wrong = selection.codelength([[[0.0, 1.0]] * 4], np.zeros(4, np.int64), 4)
    np.testing.assert_allclose(wrong, [np.log(1e-12)])
    with pytest.raises(InputError, match="do not fit"):
        selection.codelength([SURE], LABELS, 0)


def test_one_seed_tries_the_same_texts_in_every_way():
    p = np.random.default_rng(0).dirichlet([1, 1], size=(3, 60))
    labels = np.random.default_rng(1).integers(0, 2, 60)
    sure = np.eye(2)[p.argmax(axis=2)]
    right = selection.trying(sure, labels, 20, seed=3)
    np.testing.assert_allclose(selection.codelength(sure, labels, 20, seed=3), (1 - right) * np.log(1e-12))


def test_perplexity():
    # two texts of two tokens each: perplexities 2 and 4; and one token of perplexity 3 twice
    halves, quarters = [np.log(1 / 2)] * 2, [np.log(1 / 4)] * 2
    np.testing.assert_allclose(
        selection.perplexity([[halves, quarters], [[np.log(1 / 3)]] * 2, [[0.0], halves]]), [-3, -3, -1.5]
    )


@pytest.mark.parametrize(
    "bad", [[], [[]], [[[-1.0]], [[-1.0], [-1.0]]], [[[]]], [[[0.5]]], [[[-np.inf]]], [[[np.nan]]]]
)
def test_likelihoods_that_are_none_are_refused(bad):
    with pytest.raises(InputError, match="log-likelihoods"):
        selection.perplexity(bad)


def test_zps():
    # confidence 1, 0.8 and 0.2: the unsure one does not vote, so the sure one's answers are the pseudo-labels
    np.testing.assert_allclose(selection.zps([SURE, ONE_CLASS, UNSURE]), [1.0, 0.5, 0.25])


def test_the_three_ensembles_differ():
    # all are equally confident, so all vote; nobody answers class 1, but it is nobody's 0
    answers = [[[0.8, 0.2, 0.0]], [[0.8, 0.2, 0.0]], [[0.0, 0.2, 0.8]]]
    assert selection.zps(answers, "vote").tolist() == [1, 1, 0]
    assert selection.zps(answers, "mean").tolist() == [1, 1, 0]
    assert selection.zps(answers).tolist() == [0, 0, 0]
    # on the first text one who is sure outweighs two who are not, and has one vote
    answers = [[[0.55, 0.45], [1.0, 0.0]], [[0.55, 0.45], [1.0, 0.0]], [[0.0, 1.0], [0.55, 0.45]]]
    assert selection.zps(answers, "mean").tolist() == [0.5, 0.5, 1.0]
    assert selection.zps(answers, "vote").tolist() == [1.0, 1.0, 0.5]


def test_the_upper_cluster_is_the_best_cut():
    assert selection.upper_cluster([0.1, 0.9, 0.2, 0.8, 0.15]).tolist() == [False, True, False, True, False]
    assert selection.upper_cluster([0.5, 0.5]).all()


def test_trying_counts_right_answers_on_k_texts():
    np.testing.assert_allclose(selection.trying([SURE, ONE_CLASS], LABELS, 4), [1.0, 0.5])
    assert set(selection.trying([SURE, ONE_CLASS], LABELS, 1)) <= {0.0, 1.0}
    with pytest.raises(InputError, match="do not fit"):
        selection.trying([SURE], LABELS, 5)
    assert selection.at_random(5, seed=1).tolist() == selection.at_random(5, seed=1).tolist()


@pytest.mark.parametrize("way", [selection.zps, selection.local_entropy, selection.description_length])
@pytest.mark.parametrize("bad", [np.empty((0, 3, 2)), np.ones((2, 3)), np.full((1, 2, 2), np.nan)])
def test_probabilities_that_are_none_are_refused(way, bad):
    with pytest.raises(InputError, match="probabilities of shape"):
        way(bad)


HOLES = [[0.9, 0.5, np.nan], [0.7, np.nan, np.nan], [0.5, 0.3, np.nan], [np.nan, np.nan, 0.8]]


def test_mean_elsewhere_with_holes():
    # on the first dataset leads over the others' mean: .3, 0, -.3; on the second .2 and -.2; alone on the third
    np.testing.assert_allclose(mean_elsewhere(HOLES), [0.25, 0, -0.25, np.nan], atol=1e-12)
    assert np.isnan(mean_elsewhere(np.empty((2, 0)))).all()
    with pytest.raises(InputError, match=r"scores of shape \[2\]"):
        mean_elsewhere([0.5, 0.6])
    with pytest.raises(InputError, match="not finite"):
        mean_elsewhere([[np.inf], [0.5]])


def test_a_harder_dataset_takes_nothing_from_who_was_measured_there():
    easy_only, both = [0.8, np.nan], [0.8, 0.3]
    leads = mean_elsewhere([easy_only, both, [0.8, 0.3]])
    np.testing.assert_allclose(leads, [0, 0, 0], atol=1e-12)


def test_the_nearest_dataset_with_two_subjects_counts():
    np.testing.assert_allclose(nearest_elsewhere(HOLES, [0.1, 0.2, 0.9]), [0.5, np.nan, 0.3, np.nan])
    np.testing.assert_allclose(nearest_elsewhere(HOLES, [0.3, 0.2, 0.9])[:3], [0.9, 0.7, 0.5])
    np.testing.assert_allclose(nearest_elsewhere(HOLES, [0.3, np.nan, 0.9])[:3], [0.9, 0.7, 0.5])
    assert np.isnan(nearest_elsewhere(HOLES, [np.nan] * 3)).all()
    with pytest.raises(InputError, match="2 similarities do not fit 3 datasets"):
        nearest_elsewhere(HOLES, [0.1, 0.2])

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.metrics import f1_score

from taskatlas.cards.labels import map_labels
from taskatlas.embed import CLOSED_FORMS, Axes
from taskatlas.embed.forecast import forecast, forecast_numbers, thinned
from taskatlas.embed.interval import NORMAL_90, ForecastResult, calibrate, result, widened
from taskatlas.embed.measure import macro_f1, spearman
from taskatlas.embed.outputs import from_labels, from_numbers, from_probabilities
from taskatlas.embed.ridge import factorise
from taskatlas.embed.student import StudentMethod, scaled, targets
from taskatlas.errors import InputError
from tests.support import random_data

NAMES = ["c0", "c1", "c2"]


def penalty(inputs: np.ndarray, strength: float) -> float:
    return strength * float(((inputs - inputs.mean(axis=0)) ** 2).sum()) / len(inputs)


@pytest.mark.parametrize("n", [20, 90])
def test_ridge_equals_scikit_learns(n):
    """In the dual (n = 20 below p = 36) and in the primal."""
    inputs, target = scaled(random_data.features(n)), random_data.vectors(n, 4)
    ridge = factorise(inputs, 0.1)
    weights, constant = ridge.weights(target)
    other = SklearnRidge(alpha=penalty(inputs, 0.1)).fit(inputs.astype(np.float64), target)
    np.testing.assert_allclose(weights.T, other.coef_, atol=1e-5)
    np.testing.assert_allclose(constant, other.intercept_, atol=1e-5)


@pytest.mark.parametrize("n", [20, 90])
def test_leave_one_out_equals_refitting_without_each(n):
    inputs, target = scaled(random_data.features(n)), random_data.vectors(n, 2)
    ridge = factorise(inputs, 0.1)
    fitted = ridge.left_out(target, ridge.weights(target)[0])
    # the penalty is that of all rows, as what is left out is the row and not the scale
    alpha = penalty(inputs, 0.1)
    for row in range(0, n, 7):
        others = np.arange(n) != row
        refit = SklearnRidge(alpha=alpha).fit(inputs[others].astype(np.float64), target[others])
        np.testing.assert_allclose(fitted[row], target[row] - refit.predict(inputs[[row]])[0], atol=1e-4)


def student(outputs, inputs):
    method = StudentMethod(Axes(6, 5))
    return method.fit(inputs, method.basis(inputs)).student(outputs)


def test_students_at_once_are_those_of_each_alone():
    inputs, new = random_data.features(50), random_data.features(9, seed=8)
    method = StudentMethod(Axes(6, 5))
    shared = method.fit(inputs, method.basis(inputs))
    several = [
        from_labels(random_data.classes(inputs), NAMES),
        from_numbers(inputs[:, -1, 0]),
        from_probabilities(random_data.probabilities(inputs, 4), [*NAMES, "c3"]),
    ]
    for fitted, outputs in zip(shared.students(several), several, strict=True):
        alone = shared.student(outputs)
        assert fitted.outputs is outputs
        np.testing.assert_allclose(fitted.predict(new), alone.predict(new), atol=1e-5)
        np.testing.assert_allclose(fitted.read(scaled(new)), fitted.predict(new))
        np.testing.assert_allclose(fitted.residuals, alone.residuals, atol=1e-5)
        assert fitted.fidelity == pytest.approx(alone.fidelity, abs=1e-6)
    assert shared.students([]) == []
    with pytest.raises(InputError, match="do not fit 50 inputs"):
        shared.students([several[0], several[1].subset(np.arange(49))])


@pytest.mark.parametrize("n", [30, 200])
def test_a_thinned_student_forecasts_the_same(n):
    inputs, new = random_data.features(n), random_data.features(40, seed=8)
    whole = student(from_labels(random_data.classes(inputs), NAMES), inputs)
    labels = np.asarray([NAMES.index(name) for name in random_data.classes(new)], np.int64)
    thin = thinned(whole)
    assert len(thin.residuals) == len(thin.outputs.weights) == min(n, 64)
    assert forecast(thin, new, labels, np.arange(3)) == forecast(whole, new, labels, np.arange(3))


def test_a_student_answers_like_its_subject():
    inputs, new = random_data.features(400), random_data.features(100, seed=8)
    fitted = student(from_labels(random_data.classes(inputs), NAMES), inputs)
    answers = fitted.predict(new).argmax(axis=1)
    assert np.mean([f"c{index}" for index in answers] == np.array(random_data.classes(new))) > 0.8
    assert fitted.fidelity > 0.8
    assert fitted.predict(new).shape == (100, 3)


def test_the_vector_is_the_students_own_weights():
    inputs = random_data.features()
    method = StudentMethod(Axes(6, 5))
    basis = method.basis(random_data.features(200, seed=7))
    outputs = from_labels(random_data.classes(inputs), NAMES)
    shared = method.fit(inputs, basis)
    fitted, vector = shared.student(outputs), shared.embed(outputs, random_data.vectors(3))
    matrix = np.vstack([basis.input_axes @ fitted.weights, basis.input_mean @ fitted.weights + fitted.constant])
    np.testing.assert_allclose(
        vector.reshape(7, 5), matrix @ basis.output_coordinates(random_data.vectors(3)), rtol=1e-3, atol=1e-5
    )


def test_soft_outputs_are_fitted_as_clipped_log_odds():
    outputs = from_probabilities([[0.5, 0.5], [0.0, 1.0]], ["a", "b"])
    np.testing.assert_allclose(targets(outputs, 0.01), [[0, 0], [-np.log(99), np.log(99)]], rtol=1e-5)
    hard = from_labels(["a", "b"], ["a", "b"])
    np.testing.assert_array_equal(targets(hard, 0.01), hard.weights)


def test_noise_lowers_fidelity():
    inputs = random_data.features(400)
    labels = random_data.classes(inputs)
    noisy = list(np.random.default_rng(0).permutation(labels))
    assert student(from_labels(noisy, NAMES), inputs).fidelity < 0.5
    numbers = from_numbers(inputs[:, -1, 0])
    assert student(numbers, inputs).fidelity > 0.8


def test_a_subject_that_leans_to_a_class_leaves_it_in_the_constant():
    inputs, psi = random_data.features(300), random_data.vectors(2)
    fair = random_data.features(300)[:, -1, 0] > 0.3
    leaning = fair | (np.random.default_rng(0).random(300) < 0.8)
    method = CLOSED_FORMS["student"](Axes(6, 5))
    shared = method.fit(inputs, method.basis(inputs))
    even, uneven = (
        shared.embed(from_labels(["yes" if x else "no" for x in answers], ["no", "yes"]), psi).reshape(7, 5)[-1]
        for answers in (fair, leaning)
    )
    towards = shared.basis.output_coordinates(psi)[1] - shared.basis.output_coordinates(psi)[0]
    assert uneven @ towards > even @ towards + 0.1


def test_map_labels_by_name_and_by_mapping():
    assert map_labels(["Positive", "neutral", "NEGATIVE "], ["negative", "positive"]).tolist() == [1, -1, 0]
    assert map_labels(["good", "bad"], ["negative", "positive"]) is None
    assert map_labels(["good", "bad"], ["negative", "positive"], {"Good": "positive", "bad": "negative"}).tolist() == [
        1,
        0,
    ]
    assert map_labels(["spam"], ["ham", "spam"]) is None


def test_a_forecast_comes_near_what_is_measured():
    corpus, new = random_data.features(500), random_data.features(400, seed=8)
    subject = from_probabilities(random_data.probabilities(corpus), NAMES)
    labels = np.array([int(name[1]) for name in random_data.classes(new, seed=2)])
    wrong = np.random.default_rng(0).random(400) < 0.3
    labels[wrong] = (labels[wrong] + 1) % 3
    fitted = student(subject, corpus)
    accuracy, f1 = forecast(fitted, new, labels, np.arange(3))
    measured = np.mean(np.array([int(name[1]) for name in random_data.classes(new)]) == labels)
    assert (accuracy.metric, f1.metric, accuracy.n) == ("accuracy", "macro_f1", 400)
    assert accuracy.low <= measured <= accuracy.high
    assert abs(f1.value - measured) < 0.1
    assert accuracy.fidelity == fitted.fidelity


def test_an_answer_without_a_label_is_wrong():
    corpus = random_data.features(300)
    fitted = student(from_labels(random_data.classes(corpus), NAMES), corpus)
    labels = np.array([int(name[1]) for name in random_data.classes(corpus)])
    two = labels < 2
    whole, _ = forecast(fitted, corpus[two], labels[two], np.array([0, 1, -1]))
    folded, _ = forecast(fitted, corpus[two], labels[two], np.array([0, 1, 1]))
    assert whole.value <= folded.value
    nothing, f1 = forecast(fitted, corpus[two], labels[two], np.array([-1, -1, -1]))
    assert nothing.value == f1.value == 0


def test_numbers_are_forecast_as_spearman():
    corpus, new = random_data.features(500), random_data.features(300, seed=8)
    fitted = student(from_numbers(np.exp(corpus[:, -1, 0])), corpus)
    values = new[:, -1, 0].astype(np.float64)
    good = forecast_numbers(fitted, new, values)
    assert good.metric == "spearman"
    assert good.value > 0.7
    assert good.low <= 1 >= good.high
    assert forecast_numbers(fitted, new, -values).value == pytest.approx(-good.value)
    classes = student(from_labels(random_data.classes(corpus), NAMES), corpus)
    with pytest.raises(InputError, match="answers classes"):
        forecast_numbers(classes, new, values)


def test_forecasts_refuse_what_does_not_fit():
    corpus = random_data.features()
    fitted = student(from_labels(random_data.classes(corpus), NAMES), corpus)
    with pytest.raises(InputError, match="do not fit"):
        forecast(fitted, corpus, np.zeros(3, np.int64), np.arange(3))
    with pytest.raises(InputError, match="do not fit"):
        forecast_numbers(student(from_numbers(corpus[:, 0, 0]), corpus), corpus, np.zeros(3))


def test_an_unfaithful_student_has_a_wide_interval():
    faithful, unfaithful = (result("accuracy", 0.6, 0.02, 400, fidelity) for fidelity in (1.0, 0.5))
    assert unfaithful.sigma > 3 * faithful.sigma
    assert faithful.high - faithful.low == pytest.approx(2 * NORMAL_90 * faithful.sigma)
    assert result("accuracy", 0.99, 0.2, 400, 0.5).high == 1.0


def test_calibrated_intervals_hold_nine_of_ten():
    rng = np.random.default_rng(0)
    forecasts = [ForecastResult("accuracy", 0.5, 0.4, 0.6, 100, 0.9, 0.02) for _ in range(2000)]
    measured = 0.5 + 0.06 * rng.normal(size=2000)  # three times as wide as the forecasts say
    factor = calibrate(list(zip(forecasts[:1000], measured[:1000], strict=True)))
    assert factor == pytest.approx(3, rel=0.1)
    held = [widened(f, factor) for f in forecasts[1000:]]
    assert np.mean([f.low <= m <= f.high for f, m in zip(held, measured[1000:], strict=True)]) == pytest.approx(
        0.9, abs=0.03
    )
    assert calibrate(list(zip(forecasts[:5], measured[:5], strict=True))) == 1.0


def test_measures_equal_scikit_learns():
    rng = np.random.default_rng(0)
    labels, answers = rng.integers(0, 4, 200), rng.integers(-1, 4, 200)
    expected = f1_score(labels, answers, labels=np.unique(labels), average="macro", zero_division=0)
    assert macro_f1(answers, labels) == pytest.approx(expected)
    assert spearman([1, 2, 3], [5, 5, 5]) == 0
    assert spearman([1, 2, 4], [10, 20, 21]) == pytest.approx(1)

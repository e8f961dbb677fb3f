import numpy as np
import pytest

from taskatlas.embed.interval import result
from taskatlas.forecast.consensus import NOT_ASKED
from taskatlas.forecast.correction import fit
from taskatlas.forecast.elsewhere import Leads
from taskatlas.forecast.indications import Indications, gather
from taskatlas.forecast.left_out import forecast_left_out

SUBJECTS = tuple(f"s{row}" for row in range(12))


def test_leads_elsewhere_by_hand():
    scores = {"a": {"x": 0.9, "y": 0.5}, "b": {"x": 0.6, "y": 0.4, "z": 0.2}, "c": {"x": 0.1, "y": 0.9}}
    # x leads by .2 on a and by .2 on b, y by −.2 and 0, z by −.2 on b alone; half a dataset without lead is added
    assert Leads.of(scores).elsewhere(["x", "y", "z", "new"], {"c"}) == pytest.approx(
        [0.4 / 2.5, -0.2 / 2.5, -0.2 / 1.5, 0]
    )
    assert Leads.of(scores).elsewhere(["x"], {"a", "b", "c"}).tolist() == [0.0]
    assert Leads.of({"a": {}}).elsewhere(["x"], set()).tolist() == [0.0]


def test_a_correction_without_errors_corrects_nothing():
    student = np.asarray([0.2, 0.5, 0.8])
    columns = np.column_stack([student, student**2])
    correction = fit([student], [columns], [student])
    assert correction.correct(student, columns) == pytest.approx(student)


def test_few_scores_correct_little_and_many_most_of_it():
    def corrected(datasets: int) -> float:
        student, columns = np.full(10, 0.4), np.ones((10, 1))
        return float(
            fit([student] * datasets, [columns] * datasets, [student + 0.2] * datasets).correct(student, columns)[0]
        )

    assert corrected(1) == pytest.approx(0.4 + 0.2 * 10 / 20)  # λ = 10 cells: half of it
    assert corrected(100) == pytest.approx(0.6, abs=0.003)


def test_a_column_that_is_one_number_where_it_is_learnt_says_nothing_elsewhere():
    student, level = np.linspace(0.3, 0.6, 12), np.full((12, 1), 0.1)
    assert level.mean() != 0.1, "its mean is off by its rounding"
    correction = fit([student], [level], [student + 0.3])
    elsewhere = correction.correct(student, np.full((12, 1), 0.9))
    assert (elsewhere - student).min() > 0.0
    assert (elsewhere - student).max() < 0.3


def test_what_is_forecast_is_a_share():
    student = np.asarray([0.05, 0.95])
    correction = fit([student], [student[:, None]], [np.asarray([0.0, 1.0])])
    assert correction.correct(np.asarray([0.0, 1.0]), np.asarray([[-5.0], [9.0]])).tolist() == [0.0, 1.0]


def pulled(dataset: str, seed: int) -> tuple[Indications, dict[str, float]]:
    """A dataset whose students are pulled halfway to chance, with a consensus that is off by little."""
    generator = np.random.default_rng(seed)
    truth = np.clip(0.6 + 0.025 * (np.arange(12) - 5.5) + generator.normal(0, 0.04, 12), 0, 1)
    student = 0.33 + 0.5 * (truth - 0.33) + generator.normal(0, 0.03, 12)
    agreement, fidelity = truth - 0.1 + generator.normal(0, 0.05, 12), np.full(12, 0.7)
    near = truth + generator.normal(0, 0.03, 12)
    found = Indications(dataset, SUBJECTS, student, np.full(12, 0.05), fidelity, agreement, near, np.ones(12), True)
    return found, dict(zip(SUBJECTS, truth, strict=True))


@pytest.fixture(scope="module")
def worlds():
    made = {name: pulled(name, seed) for seed, name in enumerate("abcdefgh")}
    return [indications for indications, _ in made.values()], {name: scores for name, (_, scores) in made.items()}


def test_scores_elsewhere_mend_what_students_cannot_see(worlds):
    indications, scores = worlds
    found = forecast_left_out(indications, scores)
    truth = {each.dataset: np.asarray([scores[each.dataset][name] for name in SUBJECTS]) for each in indications}
    before = np.mean([np.abs(each.student - truth[each.dataset]).mean() for each in indications])
    after = np.mean([np.abs(found[name].values - truth[name]).mean() for name in truth])
    assert before > 0.1
    assert after < 0.04
    held = [(found[name].low <= truth[name]) & (truth[name] <= found[name].high) for name in truth]
    assert 0.85 <= np.mean(held) <= 1.0


def test_a_datasets_own_scores_have_no_say_in_its_forecast(worlds):
    indications, scores = worlds
    other = scores | {"c": {name: 1.0 - value for name, value in scores["c"].items()}}
    first, second = (forecast_left_out(indications, each)["c"] for each in (scores, other))
    assert np.array_equal(first.values, second.values)
    assert np.array_equal(first.sigma, second.sigma)
    assert not np.array_equal(
        forecast_left_out(indications, scores)["d"].values, forecast_left_out(indications, other)["d"].values
    )


def test_without_scores_the_students_forecasts_stand(worlds):
    indications, _ = worlds
    found = forecast_left_out(indications, {})
    assert all(np.array_equal(found[each.dataset].values, each.student) for each in indications)
    assert all((found[each.dataset].sigma > 0).all() for each in indications)


def test_the_fewer_datasets_tell_how_far_off_forecasts_are_the_wider_are_intervals(worlds):
    indications, scores = worlds
    reaches = [forecast_left_out(indications[:n], scores)["a"].reach for n in (3, 4, 5, 8)]
    # two others teach nothing, three and more are as many errors less one
    assert reaches == pytest.approx([1.645, 2.92, 2.353, 1.943], abs=1e-3)


def test_what_was_missed_on_other_datasets_widens_the_next_interval(worlds):
    indications, scores = worlds
    moved = {
        name: {subject: min(1.0, value + 0.2 * (name in "ab")) for subject, value in measured.items()}
        for name, measured in scores.items()
    }
    before, after = (forecast_left_out(indications, each)["h"].sigma for each in (scores, moved))
    assert (after > 1.5 * before).all()


def test_a_dataset_with_two_measured_subjects_teaches_nothing(worlds):
    indications, scores = worlds
    few = {"a": dict(list(scores["a"].items())[:2])}
    found = forecast_left_out(indications, few)
    assert np.array_equal(found["b"].values, indications[1].student)


def test_indications_are_gathered_from_answers():
    labels = np.arange(90) % 3
    likely = np.where(np.eye(3)[labels] > 0, 0.9, 0.05)
    answers = np.stack([labels, np.zeros(90, np.int64), np.full(90, -1), np.where(labels == 0, 0, NOT_ASKED)])
    values = {"right": 0.7, "constant": 0.3, "mute": 0.0, "asked little": 0.6}
    students = {name: result("accuracy", v, 0.03, 90, 1.0) for name, v in values.items()}
    found = gather("d", students, likely, answers, seen=True)
    assert found.subjects == tuple(values)
    assert found.student.tolist() == list(values.values())
    assert found.agreement == pytest.approx([1.0, 1 / 3, 0.0, 1.0])
    assert found.named.tolist() == [1.0, 1.0, 0.0, 1.0]
    assert found.consensus[0] > 0.85
    assert found.consensus[1] == pytest.approx(1 / 3, abs=0.05)
    assert found.consensus[2] == 0.0
    assert found.consensus[3] > 0.85
    assert found.columns(np.zeros(4)).shape == (4, 7)

"""The questions of the table benchmarks by hand: a few guesses, scores and answers that are seen at a glance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from taskatlas.stages.questions import forecast as forecasts
from taskatlas.stages.questions.choice import choice_rows
from taskatlas.stages.questions.forecast import forecast_rows
from taskatlas.stages.questions.row import RANDOM, Measure, Row, Way, rows_of
from taskatlas.stages.questions.siblings import Nameless, hidden_rows, sibling_rows
from taskatlas.stages.questions.sources import source_rows
from taskatlas.stages.questions.stability import PARTS, Drawn, stability_rows
from taskatlas.stages.questions.target import Target
from taskatlas.stages.questions.vectors import Vectors, nearness
from taskatlas.stages.questions.ways import Background, guesses
from taskatlas.transfer.classes import LabelForm

FAMILIES = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c": "c"}
NOTHING = Background({}, {}, {}, {}, {})
Found = dict[tuple[str, str, str], Row]


def found(rows) -> Found:
    listed = list(rows)
    by_key = {(row["benchmark"], row["method"], row["metric"]): row for row in listed}
    assert len(by_key) == len(listed), "a key is there twice"
    return by_key


def space(method: str, **vectors: list[float]) -> Vectors:
    return Vectors(method, [*vectors], np.array([*vectors.values()], np.float32))


def target(dataset: str, *truth: float) -> Target:
    return Target(dataset, tuple(f"s{place}" for place in range(len(truth))), np.array(truth))


def expected(dataset: str, *values: float) -> dict[tuple[str, str], float]:
    return {(f"s{place}", dataset): value for place, value in enumerate(values)}


def test_siblings():
    near = {"a1": [1.0, 0.1], "a2": [1.0, 0.2], "b1": [0.1, 1.0], "b2": [1.0, 0.0], "c": [0.0, 1.0]}
    rows = found(sibling_rows([space("crosscov", **near), space("text", **{**near, "b2": [0.1, 0.9]})], FAMILIES))
    # b1's nearest is c, and b2's is a1
    assert rows["siblings", "crosscov", "hit_rate"]["value"] == 0.5
    assert rows["siblings", "text", "hit_rate"]["value"] == 1.0
    assert rows["siblings", "crosscov", "hit_rate"]["n"] == 4, "c has no sibling to find"
    # one right answer among four others
    assert rows["siblings", "random", "hit_rate"]["value"] == 0.25
    assert (rows["siblings", "text", "hit_rate"]["baseline"], rows["siblings", "text", "hit_rate"]["lead"]) == (
        "random",
        0.75,
    )
    uses = {method: rows["siblings", method, "hit_rate"]["labels_used"] for method in ("crosscov", "text", "random")}
    assert uses == {"crosscov": "train split", "text": "none", "random": "none"}


def nameless(name: str, classes: int, about: list[float], scatter: list[float]) -> Nameless:
    """A dataset with one layer and one direction in which its classes lie apart."""
    return Nameless(
        name, np.array(about, np.float32), np.array([scatter], np.float32)[..., None], LabelForm(classes, False)
    )


def test_siblings_without_the_names_of_labels():
    seen = [
        nameless("a1", 2, [1.0, 0.0], [1.0, 0.0]),
        nameless("a2", 2, [1.0, 0.1], [1.0, 0.1]),
        nameless("b1", 5, [0.0, 1.0], [0.0, 1.0]),
        nameless("b2", 5, [0.0, 1.0], [1.0, 0.0]),  # its classes lie as those of a1 do
        nameless("c", 2, [0.5, 0.5], [0.5, 0.5]),
    ]
    rows = found(hidden_rows(seen, FAMILIES))
    value = {method: row["value"] for (_, method, _), row in rows.items()}
    assert value["random"] == 0.25
    # two classes have a1, a2 and c, of which one is the sibling; five classes have b1 and b2 alone
    assert value["form"] == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    # classes of b2 lie as those of a1, and of a2 as of both, which counts half; those of b1 lie most as those of c
    assert value["class scatter"] == pytest.approx((0 + 0.5 + 0 + 0) / 4)
    assert value["class scatter + form"] == 1.0
    assert value["text + form"] == 1.0
    assert rows["siblings_hidden", "class scatter", "hit_rate"]["labels_used"] == "train split, names hidden"
    assert rows["siblings_hidden", "class scatter + form", "hit_rate"]["baseline"] == "text + form"
    assert found(hidden_rows(seen[:1], FAMILIES)) == {}


def test_stability_where_a_part_of_the_corpus_is_answered():
    students = {("s0", "a1"): 0.9, ("s1", "a1"): 0.6, ("s2", "a1"): 0.3, ("s0", "b1"): 0.5, ("s1", "b1"): 0.4}
    as_whole = {"s0": 0.8, "s1": 0.6, "s2": 0.2}
    turned = {"s0": 0.5, "s1": 0.6, "s2": 0.7}
    near = {"crosscov": {"s0": (0.9, 0.2), "s1": (0.7, 0.4)}, "student": {"s0": (1.0, 0.9), "s1": (1.0, 0.9)}}
    half, quarter = PARTS
    draws = [Drawn(half, {"a1": as_whole, "b1": {"s0": 0.5, "s1": 0.4}}, near), Drawn(half, {"a1": turned})]
    rows = found(stability_rows([*draws, Drawn(quarter, {"a1": turned})], students))
    by_half, by_quarter = f"student alone, {half}", f"student alone, {quarter}"
    assert rows["stability", by_half, "spearman"]["value"] == pytest.approx(0.0), "once alike, once turned"
    assert rows["stability", by_half, "spearman"]["n"] == 1, "of b1 only two subjects are known"
    assert rows["stability", by_half, "hit_rate"]["value"] == 0.5
    assert rows["stability", "random", "hit_rate"]["value"] == pytest.approx(1 / 3)
    assert rows["stability", by_half, "error"]["value"] == pytest.approx((0.2 / 3 + 0.8 / 3) / 2)
    assert rows["stability", by_quarter, "spearman"]["value"] == -1.0
    assert rows["stability", f"crosscov, {half}", "cosine"]["value"] == pytest.approx(0.8)
    assert rows["stability", f"crosscov, {half}", "cosine"]["baseline"] == "crosscov, another subject"
    assert rows["stability", "crosscov, another subject", "cosine"]["value"] == pytest.approx(0.3)
    assert found(stability_rows([], students)) == {}


def test_without_siblings_there_is_no_row():
    assert found(sibling_rows([space("text", a1=[1.0, 0.0], b1=[0.0, 1.0], c=[1.0, 1.0])], FAMILIES)) == {}


OWN = {f"s{place}": f"m{place}" for place in range(5)}
"""Every subject is of a model of its own."""


def test_choice_by_forecast():
    # a1 in the right order, b1 in the wrong one, which costs 0.8 - 0.5
    background = replace(NOTHING, forecasts=expected("a1", 0.8, 0.7, 0.1) | expected("b1", 0.9, 0.8, 0.7))
    rows = found(
        choice_rows([(target("a1", 0.9, 0.6, 0.3), background), (target("b1", 0.5, 0.7, 0.8), background)], OWN)
    )
    assert rows["choice", "forecast", "spearman"]["value"] == pytest.approx(0.0)
    assert rows["choice", "forecast", "loss"]["value"] == pytest.approx(0.15)
    assert rows["choice", "forecast", "loss"]["n"] == 2
    # a random pick gets the mean: 0.9 - 0.6 and 0.8 - 2/3
    floor = [0.3, 0.8 - 2 / 3]
    assert rows["choice", "random", "loss"]["value"] == pytest.approx(sum(floor) / 2)
    assert rows["choice", "random", "spearman"]["value"] == 0.0
    assert rows["choice", "oracle", "loss"]["value"] == 0.0
    assert rows["choice", "oracle", "spearman"]["value"] == 1.0
    # random is the only baseline; less loss is a lead: 0.3 - 0 and 0.133 - 0.3
    student = rows["choice", "forecast", "loss"]
    assert student["baseline"] == "random"
    assert student["lead"] == pytest.approx((floor[0] + floor[1] - 0.3) / 2)
    assert student["p_value"] == 1.0, "two targets, of which one is lost"
    assert [rows["choice", "random", "loss"][name] for name in ("baseline", "lead", "p_value")] == [None] * 3


def test_two_subjects_are_no_choice_and_nothing_is_made_of_what_nobody_guesses():
    background = replace(NOTHING, forecasts=expected("a1", 0.8, 0.7) | {("s9", "b1"): 0.3})
    rows = found(choice_rows([(target("a1", 0.9, 0.6), background), (target("b1", 0.9, 0.6, 0.3), background)], OWN))
    assert {method for _, method, _ in rows} == {"random", "oracle"}
    assert rows["choice", "random", "loss"]["n"] == 1


def test_choice_by_cosine_and_by_what_was_measured_elsewhere():
    subjects = space("student", s0=[1.0, 0.0], s1=[1.0, 1.0], s2=[0.0, 1.0])
    datasets = space("student", a1=[1.0, 0.0], b1=[0.9, 0.1], c=[0.0, 1.0])
    measured = {
        "a1": {"s0": 0.9, "s1": 0.6, "s2": 0.3},
        "b1": {"s0": 0.5, "s1": 0.8, "s2": 0.2},
        "c": {"s0": 0.7, "s1": 0.2, "s2": 0.3},
    }
    background = Background({}, {}, nearness([subjects], [datasets]), nearness([datasets], [datasets]), measured)
    rows = found(choice_rows([(target("a1", 0.9, 0.6, 0.3), background)], OWN))
    assert rows["choice", "cosine student", "spearman"]["value"] == 1.0
    # elsewhere s0 leads by 0 and .45, s1 by .45 and -.3, s2 by -.45 and -.15: the right order
    assert rows["choice", "mean elsewhere", "spearman"]["value"] == 1.0
    assert rows["choice", "mean elsewhere", "loss"]["labels_used"] == "none"
    # b1 is nearest, and s1 best there
    assert rows["choice", "nearest dataset's best, student", "loss"]["value"] == pytest.approx(0.3)
    assert rows["choice", "nearest dataset's best, student", "spearman"]["value"] == 0.5
    assert rows["choice", "cosine student", "spearman"]["baseline"] == "mean elsewhere"


def test_spaces_that_hold_one_kind_have_no_cosines():
    assert nearness([space("crosscov", s0=[1.0])], [space("text", a1=[1.0])]) == {}


LABELS = np.array([0, 1] * 20)
SURE, WRONG = np.eye(3)[LABELS], np.eye(3)[1 - LABELS]
HALF = np.eye(3)[np.where(np.arange(40) < 20, LABELS, 1 - LABELS)]


def answering(*answers: np.ndarray, easy: tuple[str, ...] = ()) -> Target:
    p = np.stack(answers).astype(float)
    truth = np.array([np.nanmean(one.argmax(axis=1) == LABELS) for one in p])
    names = tuple(f"s{place}" for place in range(len(p)))
    return Target("a1", names, truth, p, LABELS, frozenset(easy))


def test_ways_that_see_answers_and_no_labels():
    rows = found(choice_rows([(answering(SURE, HALF, WRONG), NOTHING)], OWN))
    # all are sure and balanced, and those who answer as most do are s0 and s1
    assert rows["choice", "mutual information", "spearman"]["value"] == 0.0
    assert rows["choice", "ZPS, majority vote", "spearman"]["labels_used"] == "none"
    assert rows["choice", "ZPS, majority vote", "spearman"]["calls_used"] == "one per test text"
    names = {method for benchmark, method, _ in rows if benchmark == "choice"}
    assert names == {
        "mutual information", "global entropy", "local entropy", "MDL", "ZPS, mean of log-probabilities",
        "ZPS, mean of probabilities", "ZPS, majority vote", "trying on 8 labels", "trying on 16 labels",
        "random", "oracle",
    }, "40 texts are too few to try on 64 and to measure on others"  # fmt: skip


def test_trying_is_measured_on_other_texts():
    tried = [
        guess for guess in guesses(answering(SURE, HALF, WRONG), NOTHING) if guess.way.name == "trying on 8 labels"
    ]
    assert len(tried) == 20
    for _, guess, truth in tried:
        assert guess[[0, 2]].tolist() == truth[[0, 2]].tolist() == [1, 0]
        assert 8 * guess[1] + 32 * truth[1] == pytest.approx(20), "each text is either tried or measured on"
    assert len({guess[1] for _, guess, _ in tried}) > 1
    assert tried[0].way.is_baseline


def test_who_answered_a_part_is_left_out_where_answers_are_compared():
    part = HALF.copy().astype(float)
    part[5] = np.nan
    target = answering(SURE, part, WRONG, HALF)
    for guess in guesses(target, NOTHING):
        if guess.way.name.startswith(("trying", "ZPS", "MDL")):
            assert np.isnan(guess.guess).tolist() == [False, True, False, False]


def test_the_question_is_asked_again_without_subjects_that_make_it_easy():
    background = replace(NOTHING, forecasts=expected("a1", 0.9, 0.5, 0.1, 0.8))
    rows = found(choice_rows([(answering(SURE, HALF, WRONG, SURE, easy=("s3",)), background)], OWN))
    assert rows["choice_distinct", "forecast", "spearman"]["value"] == 1.0
    assert rows["choice", "forecast", "spearman"]["value"] < 1.0
    assert "left out" in rows["choice_distinct", "random", "loss"]["definition"]
    assert "left out" not in rows["choice", "random", "loss"]["definition"]
    fewer = found(choice_rows([(answering(SURE, HALF, WRONG, easy=("s1",)), background)], OWN))
    assert {benchmark for benchmark, _, _ in fewer} == {"choice", "choice_models"}, "two are no choice"


def test_a_model_is_as_good_as_its_best_subject_and_guessed_to_be():
    truth = target("a1", 0.9, 0.2, 0.6, 0.5, 0.4)
    background = replace(NOTHING, forecasts=expected("a1", 0.5, 0.8, 0.6, 0.7, 0.4))
    models = {"s0": "a", "s1": "a", "s2": "b", "s3": "b", "s4": "c"}
    rows = found(choice_rows([(truth, background)], models))
    # .8 of a, .7 of b, .4 of c; in truth .9, .6, .4
    assert rows["choice_models", "forecast", "spearman"]["value"] == 1.0
    assert rows["choice_models", "forecast", "loss"]["value"] == 0.0
    assert rows["choice", "forecast", "loss"]["value"] == pytest.approx(0.7), (
        "the subject that it takes is not the best"
    )
    # a random pick gets the mean of .9, .6 and .4
    assert rows["choice_models", "random", "loss"]["value"] == pytest.approx(0.9 - 1.9 / 3)
    two = found(choice_rows([(truth, background)], {**models, "s4": "b"}))
    assert {benchmark for benchmark, _, _ in two} == {"choice", "choice_distinct"}, "two models are no choice"


def test_a_model_of_which_one_subject_is_known_is_guessed_by_that_one():
    truth = target("a1", 0.9, 0.2, 0.6, 0.5)
    background = replace(NOTHING, forecasts={("s1", "a1"): 0.3, ("s2", "a1"): 0.7, ("s3", "a1"): 0.5})
    rows = found(choice_rows([(truth, background)], {"s0": "a", "s1": "a", "s2": "b", "s3": "c"}))
    assert rows["choice_models", "forecast", "spearman"]["value"] == pytest.approx(-0.5)


def test_sources_by_what_they_promise():
    taught = {"a1": {"pa"}, "b1": {"pb", "pb2"}, "c": {"pc"}}
    measured = {
        "a1": {"pa": 0.99, "pb": 0.5, "pb2": 0.8, "pc": 0.6, "vader": 1.0},
        "b1": {"pa": 0.9, "pb": 0.99, "pb2": 0.99, "pc": 0.4},
        "c": {"pa": 0.3, "pc": 0.99},
    }
    likeness = {"a1": {"b1": 0.9, "c": 0.1}, "b1": {"a1": 0.2, "c": 0.7}}
    near = {"text": {("a1", "b1"): 0.9, ("a1", "c"): 0.1}}
    rows = found(source_rows(measured, taught, lambda: likeness, near))
    # of a1 b1 is worth .8 and c .6, in the promised order; of b1 a1 is worth .9 and c .4, in the other one
    assert rows["sources", "likeness", "loss"]["value"] == pytest.approx(0.25)
    assert rows["sources", "likeness", "spearman"]["value"] == pytest.approx(0.0)
    assert rows["sources", "likeness", "loss"]["n"] == 2, "c has one source"
    assert rows["sources", "cosine text", "loss"]["n"] == 1
    assert rows["sources", "oracle", "loss"]["value"] == 0.0
    assert rows["sources", "random", "loss"]["value"] == pytest.approx((0.1 + 0.25) / 2)
    assert {method for _, method, _ in rows} == {"likeness", "cosine text", "random", "oracle"}


def test_sources_by_their_mean_elsewhere():
    taught = {name: {f"p{name}"} for name in "abcd"}
    measured = {
        "a": {"pb": 0.7, "pc": 0.5, "pd": 0.6},
        "b": {"pa": 0.9, "pc": 0.4, "pd": 0.8},
        "c": {"pa": 0.6, "pb": 0.6, "pd": 0.9},
        "d": {"pa": 0.8, "pb": 0.7, "pc": 0.3},
    }
    rows = found(source_rows(measured, taught, dict, {}))
    mean = rows["sources", "mean elsewhere", "loss"]
    assert mean["n"] == 4
    assert mean["labels_used"] == "none"
    assert mean["value"] < rows["sources", "random", "loss"]["value"]
    assert rows["sources", "oracle", "loss"]["baseline"] == "mean elsewhere"


def row(subject: str, dataset: str, value: float, metric: str = "accuracy") -> Row:
    interval = {"low": value - 0.1, "high": value + 0.1}
    return {
        "subject": subject,
        "dataset": dataset,
        "metric": metric,
        "value": value,
        "student": value - 0.4,
        **interval,
    }


def test_forecast_error_and_coverage():
    measured = {("s0", "a1", "accuracy"): 0.5, ("s1", "a1", "accuracy"): 0.7, ("s2", "a1", "accuracy"): 0.9}
    measured |= {("s0", "b1", "spearman"): 0.1}
    guessed = [row("s0", "a1", 0.5), row("s1", "a1", 0.75), row("s2", "a1", 0.6)]
    guessed += [row("s9", "a1", 0.5), row("s0", "b1", 0.9, "spearman")]  # not measured; not accuracy
    rows = found(forecast_rows(guessed, measured))
    assert rows["forecast", "forecast", "error"]["value"] == pytest.approx((0 + 0.05 + 0.3) / 3)
    assert rows["forecast", "forecast", "coverage"]["value"] == pytest.approx(2 / 3)
    assert rows["forecast", "forecast", "error"]["n"] == 3
    # the student alone expects 0.4 less: 0.1 of 0.5, 0.35 of 0.7, 0.2 of 0.9
    assert rows["forecast", "student alone", "error"]["value"] == pytest.approx((0.4 + 0.35 + 0.7) / 3)
    assert ("forecast", "student alone", "coverage") not in rows, "the interval is the forecast's"
    # another of the three scores is off by 0.3, 0.2 and 0.3 on average
    assert rows["forecast", "random", "error"]["value"] == pytest.approx(0.8 / 3)
    assert rows["forecast", "forecast", "error"]["lead"] == pytest.approx((0.8 - 0.35) / 3)
    assert rows["forecast", "forecast", "coverage"]["baseline"] is None
    assert found(forecast_rows(guessed, {})) == {}


def test_distances_are_those_of_all_pairs():
    values = np.random.default_rng(0).normal(size=50)
    pairs = np.abs(values[:, None] - values[None, :]).sum(axis=1)
    np.testing.assert_allclose(forecasts._distances(values), pairs)


OURS, NEAR, FAR = (Way(name, "none", "none", is_baseline=name != "ours") for name in ("ours", "near", "far"))


def test_the_best_baseline_answers_for_the_most_targets():
    reached = {
        OURS: {"a": 0.5, "b": 0.7},
        NEAR: {"a": 0.4, "b": 0.3, "c": 0.2},
        FAR: {"a": 0.9},
        RANDOM: {"a": 0.0, "b": 0.0, "c": 0.0},
    }
    rows = {each["method"]: each for each in rows_of(Measure("choice", "spearman", "What."), reached)}
    assert rows["ours"]["baseline"] == rows["far"]["baseline"] == "near"
    assert rows["ours"]["lead"] == pytest.approx(0.25)
    assert rows["ours"]["lead_low"] <= rows["ours"]["lead"] <= rows["ours"]["lead_high"]
    assert rows["ours"]["p_value"] == 0.5
    less = {each["method"]: each for each in rows_of(Measure("choice", "loss", "What.", sign=-1), reached)}
    assert less["ours"]["baseline"] == "random"
    assert less["ours"]["lead"] == pytest.approx(-0.6)


def test_every_row_says_how_sure_it_is_what_it_saw_and_what_it_means():
    background = replace(NOTHING, forecasts=expected("a1", 0.1, 0.2, 0.3))
    rows = found(choice_rows([(answering(SURE, HALF, WRONG), background)], OWN))
    for each in rows.values():
        assert each["low"] <= each["value"] <= each["high"]
        assert each["labels_used"] in {"none", "train split", "test split", "8", "16"}
        assert each["definition"].endswith(".")
        assert (each["baseline"] is None) == (each["p_value"] is None)

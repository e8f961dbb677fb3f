"""The page Choose says what SQL says: forecasts beside measured truth, why, and what is like the dataset."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from taskatlas.dashboards.charts.candidates import candidates
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.published import current_stamp, open_release
from taskatlas.plan.since import note_tried
from taskatlas.plan.state import State
from taskatlas.recommend.recommendation import recommend
from taskatlas.store.reader import Reader
from tests.support.releases import AWKWARD, publish
from tests.support.tables import QUOTED, empty, rows, tables

DATASET, SUBJECT = f"{AWKWARD[0]} dataset", f"{AWKWARD[3]} subject"
CANDIDATE = {"question": "prompt", "candidate": "s", "subject": "s", "rank": 1, "verdict": "best"}


def ask(folder: Path, query: str, *values: str, release: str | None = None) -> list[dict[str, object]]:
    return Reader(folder / "warehouse" / "catalog.duckdb", release).sql(query, values).to_pylist()


def frame(page, *columns: str) -> pd.DataFrame:
    """The first table on the page with these columns."""
    return next(element.value for element in page.dataframe if set(columns) <= set(element.value.columns))


def told(folder: Path, dataset: str, release: str | None = None) -> str:
    """What `taskatlas recommend` says, as a sentence in Markdown."""
    text = escape(recommend(Reader(folder / "warehouse" / "catalog.duckdb", release), "prompt", dataset).text)
    return f"{text[:1].upper()}{text[1:]}."


def first(page) -> str:
    """What the page says to do: with a tick where it is worth it, else without."""
    return (page.success or page.warning)[0].value


def test_candidates_are_those_of_the_table(project: Path, draw):
    page = draw("choose", project, dataset=DATASET)
    assert not page.exception
    assert first(page) == told(project, DATASET)
    query = "FROM recommendations WHERE question = 'prompt' AND dataset = $1 ORDER BY rank"
    shown = frame(page, "candidate", "verdict", "fidelity")
    for column in ("rank", "candidate", "verdict", "expected", "low", "high", "measured", "forecast", "baseline"):
        expected = pd.DataFrame(ask(project, query, DATASET))[column]
        pd.testing.assert_series_equal(shown[column], expected, check_dtype=False)
    assert shown["measured"].isna().any()


def since(page) -> list[str]:
    """What the page says of calls since the release."""
    return [each.value for each in page.info if "tried since" in each.value]


def test_what_was_tried_since_the_release_stands_below_it(tmp_path: Path, draw):
    publish(tmp_path, tables(), "one")
    assert since(draw("choose", tmp_path, dataset="reviews")) == []
    state = State(tmp_path / "warehouse" / "state")
    state.write("publish", {"release": "v1"})
    note_tried(state, "reviews", "use b: tried on 40 texts")
    [line] = since(draw("choose", tmp_path, dataset="reviews"))
    assert line.startswith(escape("That is of release v1. By what was tried since: use b: tried on 40 texts."))
    assert since(draw("choose", tmp_path, dataset=QUOTED)) == [], "it is of another dataset"


def test_a_tick_stands_only_beside_what_is_better_than_the_baseline(tmp_path: Path, draw):
    publish(tmp_path, tables(), "one")
    page = draw("choose", tmp_path, dataset="reviews")
    assert page.success[0].value.startswith(r"Use enc/stars\: measured")
    page.selectbox(key="dataset").set_value(QUOTED).run()
    assert not page.success
    assert page.warning[0].value.startswith("Nothing here is known to be better than always answering x ")


def test_models_have_their_first_prompt(project: Path, draw):
    shown = frame(draw("choose", project, dataset=DATASET), "model", "spread").set_index("model")
    of_sql = ask(
        project,
        "SELECT s.model, s.prompt, r.expected, r.low, r.verdict FROM recommendations r JOIN subjects s USING (subject) "
        "WHERE r.question = 'prompt' AND r.dataset = $1 ORDER BY r.rank",
        DATASET,
    )
    assert len(shown) == len({row["model"] for row in of_sql})
    for model, own in pd.DataFrame(of_sql).groupby("model", sort=False):
        row, leading = shown.loc[model], own.iloc[0]
        assert [row[name] for name in ("expected", "low", "verdict")] == [
            leading[name] for name in ("expected", "low", "verdict")
        ]
        assert row["prompt"] == leading["prompt"] or pd.isna(row["prompt"]) == pd.isna(leading["prompt"])
        assert row["subjects"] == len(own)
        assert row["spread"] == pytest.approx(own["expected"].max() - own["expected"].min())


def test_a_link_names_dataset_subject_and_release(project: Path, draw):
    page = draw("choose", project, dataset=DATASET, subject=SUBJECT, release="v1")
    assert [page.selectbox(key=key).value for key in ("dataset", "subject", "release")] == [DATASET, SUBJECT, "v1"]
    assert first(page) == told(project, DATASET, "v1") != told(project, DATASET)
    near = frame(page, "neighbor")
    expected = ask(project, "FROM neighbors WHERE entity = $1 AND rank <= 3", SUBJECT, release="v1")
    assert sorted(near["neighbor"]) == sorted(row["neighbor"] for row in expected)


def test_a_link_to_what_is_not_there_falls_back(project: Path, draw):
    page = draw("choose", project, dataset="nowhere", subject="nobody")
    assert not page.exception
    assert first(page) == told(project, page.selectbox(key="dataset").value)


def test_what_makes_a_forecast_doubtful_is_flagged(project: Path, draw):
    low = ask(project, "FROM forecasts WHERE fidelity < 0.5 AND metric = 'accuracy' LIMIT 1")[0]
    page = draw("choose", project, dataset=low["dataset"], subject=low["subject"])
    assert any("low fidelity" in flag.value and "40%" in flag.value for flag in page.warning)
    high = ask(project, "FROM forecasts WHERE fidelity > 0.5 AND metric = 'accuracy' LIMIT 1")[0]
    page = draw("choose", project, dataset=high["dataset"], subject=high["subject"])
    assert not any("low fidelity" in flag.value for flag in page.warning)


def test_the_fidelity_of_numbers_is_a_correlation(tmp_path: Path, draw):
    forecast = {"dataset": "d", "metric": "spearman", "value": 0.3, "fidelity": -0.1}
    content = {
        "datasets": rows("datasets", {"dataset": "d", "label_kind": "number"}),
        "subjects": rows("subjects", {"subject": "s", "output_kind": "number"}),
        "forecasts": rows("forecasts", forecast | {"subject": "s"}),
        "recommendations": rows("recommendations", CANDIDATE | {"dataset": "d", "metric": "spearman"}),
    }
    publish(tmp_path, empty() | content, "numbers")
    (flag,) = [flag.value for flag in draw("choose", tmp_path).warning if "low fidelity" in flag.value]
    assert r"rank correlation of its student with it on the corpus' texts is \-0\.10" in flag


def test_neighbours_are_the_subjects_own(tmp_path: Path, draw):
    near = [
        {"entity_kind": kind, "entity": "same", "neighbor_kind": "dataset", "neighbor": name, "rank": 1}
        for kind, name in (("subject", "of the subject"), ("dataset", "of the dataset"))
    ]
    content = {
        "datasets": rows("datasets", {"dataset": "same"}),
        "subjects": rows("subjects", {"subject": "same"}),
        "recommendations": rows(
            "recommendations", CANDIDATE | {"dataset": "same", "candidate": "same", "subject": "same"}
        ),
        "neighbors": rows("neighbors", *near),
    }
    publish(tmp_path, empty() | content, "same")
    assert frame(draw("choose", tmp_path), "neighbor")["neighbor"].tolist() == ["of the subject"]


def test_source_datasets_and_by_whom_they_are_judged(project: Path, draw):
    shown = frame(draw("choose", project, dataset=DATASET), "source", "similarity")
    query = "FROM recommendations WHERE question = 'source' AND dataset = $1 ORDER BY rank"
    expected = ask(project, query, DATASET)
    assert shown["source"].tolist() == [row["candidate"] for row in expected]
    assert shown["subject"].tolist() == [row["subject"] for row in expected]
    assert DATASET not in set(shown["source"])


def test_a_dataset_of_numbers_has_another_metric(tmp_path: Path, draw):
    publish(tmp_path, tables(), "one")
    page = draw("choose", tmp_path, dataset="reviews")
    page.selectbox(key="dataset").set_value("similar").run()
    assert not page.exception
    assert first(page) == told(tmp_path, "similar")
    assert frame(page, "candidate", "fidelity")["candidate"].tolist() == ["vader"]
    page.selectbox(key="dataset").set_value("movies").run()
    assert any("Nothing is recommended: no subject answers its labels" in info.value for info in page.info)


def test_a_release_from_before_recommendations_says_so(tmp_path: Path, draw):
    none = tables()["recommendations"].slice(0, 0)
    publish(tmp_path, tables() | {"recommendations": none}, "old")
    page = draw("choose", tmp_path, dataset="reviews")
    assert not page.exception
    assert any("A release from before there were recommendations has none" in info.value for info in page.info)


def test_each_point_has_its_own_interval_and_the_baseline_is_a_line(project: Path):
    opened = open_release(project, current_stamp(project))
    expected = opened.query("choose_subjects", dataset=DATASET).frame
    chart = candidates(expected, "accuracy").to_dict()
    points = pd.DataFrame(chart["datasets"][chart["layer"][1]["data"]["name"]])
    for score, prefix in (("expected", ""), ("measured", "measured_"), ("forecast", "forecast_")):
        drawn = points[points["score"] == score].reset_index()
        known = expected.dropna(subset=score)
        columns = ["subject", score, f"{prefix}low", f"{prefix}high"]
        assert drawn[["subject", "value", "low", "high"]].values.tolist() == known[columns].values.tolist()
    (line,) = chart["datasets"][chart["layer"][2]["data"]["name"]]
    assert line == {"baseline": 0.5}


def test_a_release_without_a_row(empty_project: Path, draw):
    page = draw("choose", empty_project)
    assert not page.exception
    assert any("no dataset in this release" in info.value for info in page.info)

"""The page Choose says what SQL says: forecasts beside measured truth, why, and what is like the dataset."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from taskatlas.dashboards.charts.forecasts import forecasts
from taskatlas.dashboards.figures import escape
from taskatlas.store.reader import Reader
from tests.support.releases import AWKWARD, publish
from tests.support.tables import QUOTED, empty, rows, tables

DATASET, SUBJECT = f"{AWKWARD[0]} dataset", f"{AWKWARD[3]} subject"
NAN = float("nan")


def ask(folder: Path, query: str, *values: str, release: str | None = None) -> list[dict[str, object]]:
    return Reader(folder / "warehouse" / "catalog.duckdb", release).sql(query, values).to_pylist()


def frame(page, *columns: str) -> pd.DataFrame:
    """The first table on the page with these columns."""
    return next(element.value for element in page.dataframe if set(columns) <= set(element.value.columns))


def best(folder: Path, dataset: str, metric: str = "accuracy", release: str | None = None) -> dict[str, object]:
    query = "FROM forecasts WHERE dataset = $1 AND metric = $2 AND isfinite(value) ORDER BY value DESC LIMIT 1"
    return ask(folder, query, dataset, metric, release=release)[0]


def verdict(forecast: dict[str, object], metric: str = "accuracy") -> str:
    numbers = f"{forecast['value']:.2f} ({forecast['low']:.2f} to {forecast['high']:.2f})"
    return f"**{escape(forecast['subject'])}** promises most: {escape(metric)} {numbers}"


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_forecasts_stand_beside_what_was_measured(project: Path, draw, metric: str):
    page = draw("choose", project, dataset=DATASET, metric=metric)
    assert not page.exception
    assert page.success[0].value.startswith(verdict(best(project, DATASET, metric), metric))
    rows_of_sql = ask(
        project,
        "SELECT f.subject, f.value, f.low, f.high, s.value AS measured FROM forecasts f "
        "LEFT JOIN scores s USING (subject, dataset, metric) WHERE f.dataset = $1 AND f.metric = $2 "
        "ORDER BY f.value DESC, f.subject",
        DATASET,
        metric,
    )
    shown = frame(page, "forecast", "measured", "fidelity")[["subject", "forecast", "low", "high", "measured"]]
    expected = pd.DataFrame(rows_of_sql).set_axis(shown.columns, axis=1)
    assert expected["measured"].isna().any()
    pd.testing.assert_frame_equal(shown, expected)


def test_models_have_their_best_prompt(project: Path, draw):
    shown = frame(draw("choose", project, dataset=DATASET), "best_prompt", "spread").set_index("model")
    forecasts_of_sql = ask(
        project,
        "SELECT s.model, s.prompt, f.value, f.low FROM forecasts f JOIN subjects s USING (subject) "
        "WHERE f.dataset = $1 AND f.metric = 'accuracy' ORDER BY f.value DESC",
        DATASET,
    )
    for model, own in pd.DataFrame(forecasts_of_sql).groupby("model"):
        row, first = shown.loc[model], own.iloc[0]
        assert (row["forecast"], row["low"], row["subjects"]) == (first["value"], first["low"], len(own))
        assert row["best_prompt"] == first["prompt"] or pd.isna(row["best_prompt"]) == pd.isna(first["prompt"])
        assert row["spread"] == pytest.approx(own["value"].max() - own["value"].min())


def test_a_link_names_dataset_subject_and_release(project: Path, draw):
    page = draw("choose", project, dataset=DATASET, subject=SUBJECT, release="v1")
    assert [page.selectbox(key=key).value for key in ("dataset", "subject", "release")] == [DATASET, SUBJECT, "v1"]
    older = best(project, DATASET, release="v1")
    assert page.success[0].value.startswith(verdict(older))
    assert older["value"] != best(project, DATASET)["value"]
    near = frame(page, "neighbor")
    expected = ask(project, "FROM neighbors WHERE entity = $1 AND rank <= 3", SUBJECT, release="v1")
    assert sorted(near["neighbor"]) == sorted(row["neighbor"] for row in expected)


def test_a_link_to_what_is_not_there_falls_back(project: Path, draw):
    page = draw("choose", project, dataset="nowhere", metric="bleu", subject="nobody")
    assert not page.exception
    first = page.selectbox(key="dataset").value
    assert page.success[0].value.startswith(verdict(best(project, first)))


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
        "forecasts": rows("forecasts", {"subject": "same", "dataset": "same", "metric": "accuracy"}),
        "neighbors": rows("neighbors", *near),
    }
    publish(tmp_path, empty() | content, "same")
    assert frame(draw("choose", tmp_path), "neighbor")["neighbor"].tolist() == ["of the subject"]


def test_source_datasets_and_what_does_best_there(project: Path, draw):
    shown = frame(draw("choose", project, dataset=DATASET), "source", "measured_there")
    query = "FROM neighbors WHERE entity = $1 AND entity_kind = 'dataset' AND neighbor_kind = 'dataset'"
    assert len(shown) == len(ask(project, query, DATASET))
    for row in shown.to_dict("records"):
        query = "FROM scores WHERE dataset = $1 AND metric = 'accuracy' ORDER BY value DESC LIMIT 1"
        there = ask(project, query, row["source"])[0]
        assert (row["best_there"], row["measured_there"]) == (there["subject"], there["value"])
        query = "SELECT value FROM forecasts WHERE subject = $1 AND dataset = $2 AND metric = 'accuracy'"
        assert row["its_forecast_here"] == ask(project, query, there["subject"], DATASET)[0]["value"]


def test_a_dataset_of_numbers_has_another_metric(tmp_path: Path, draw):
    publish(tmp_path, tables(), "one")
    page = draw("choose", tmp_path, dataset="reviews", metric="macro_f1")
    page.selectbox(key="dataset").set_value("similar").run()
    assert not page.exception
    assert page.success[0].value == "**vader** promises most: spearman 0.30 (0.10 to 0.50); not measured."
    assert frame(page, "forecast", "fidelity")["subject"].tolist() == ["vader"]  # the other forecast is no number
    page.selectbox(key="dataset").set_value(QUOTED).run()
    assert page.success[0].value.startswith("**vader** promises most: accuracy 0.70")
    page.selectbox(key="dataset").set_value("movies").run()
    assert any("nothing is forecast" in info.value for info in page.info)


def test_a_score_that_is_no_number_is_none(tmp_path: Path, draw):
    pair = {"subject": "a", "dataset": "d", "metric": "spearman"}
    content = {
        "datasets": rows("datasets", {"dataset": "d"}),
        "forecasts": rows("forecasts", pair | {"value": -0.4, "low": -0.6, "high": -0.2, "n": 99, "fidelity": 0.9}),
        "scores": rows("scores", pair | {"value": NAN, "low": NAN, "high": NAN}),
    }
    publish(tmp_path, empty() | content, "one")
    page = draw("choose", tmp_path)
    assert page.success[0].value.endswith(r"spearman -0.40 (-0.60 to -0.20); not measured.")
    assert not page.warning


def test_each_point_has_its_own_interval(project: Path):
    query = (
        "SELECT f.subject, f.value AS forecast, f.low, f.high, s.value AS measured, s.low AS measured_low, "
        "s.high AS measured_high FROM forecasts f JOIN scores s USING (subject, dataset, metric) "
        "WHERE f.dataset = $1 AND f.metric = 'accuracy' ORDER BY f.value DESC"
    )
    expected = pd.DataFrame(ask(project, query, DATASET))
    chart = forecasts(expected, "accuracy").to_dict()
    points = pd.DataFrame(chart["datasets"][chart["layer"][1]["data"]["name"]])
    for score, low, high in (("forecast", "low", "high"), ("measured", "measured_low", "measured_high")):
        drawn = points[points["score"] == score].reset_index()
        assert (
            drawn[["subject", "value", "low", "high"]].values.tolist()
            == expected[["subject", score, low, high]].values.tolist()
        )


def test_a_release_without_a_row(empty_project: Path, draw):
    page = draw("choose", empty_project)
    assert not page.exception
    assert any("no dataset in this release" in info.value for info in page.info)

"""The page Evidence says what SQL says, release by release, and what is lacking where there is no evidence."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from taskatlas.dashboards.charts.evidence import history, pairs, panel
from taskatlas.store.reader import Reader
from tests.support.releases import publish, tables
from tests.support.tables import rows

JOINED = "FROM forecasts f JOIN scores s USING (subject, dataset, metric) WHERE f.metric = 'macro_f1'"


def ask(folder: Path, query: str, release: str | None = None) -> list[dict[str, object]]:
    return Reader(folder / "warehouse" / "catalog.duckdb", release).sql(query).to_pylist()


def frame(page, *columns: str):
    """The one table on the page with these columns."""
    return next(element.value for element in page.dataframe if set(columns) <= set(element.value.columns))


def test_every_method_is_shown_with_its_interval(project: Path, draw):
    page = draw("evidence", project)
    assert not page.exception
    shown = frame(page, "benchmark", "labels_used", "definition")
    expected = ask(project, "FROM benchmarks")
    assert sorted(shown["value"]) == sorted(row["value"] for row in expected)
    assert set(shown["benchmark"]) == {"choice", "forecast"}
    best = frame(page, "random", "beyond")
    losses = "FROM benchmarks WHERE metric = 'loss' AND method <> 'random'"
    (loss,) = ask(project, f"SELECT min(value) AS v, arg_min(high, value) AS high {losses}")
    row = best[best["metric"] == "loss"].iloc[0]
    assert row["value"] == loss["v"]
    assert row["beyond"] == (loss["high"] < 0.0)
    won = int(best["beyond"].fillna(value=False).sum())
    assert f"in {won} of {len(best)} measures" in (page.success or page.warning)[0].value


def test_forecasts_against_scores(project: Path, draw):
    page = draw("evidence", project, metric="macro_f1")
    (total,) = ask(
        project,
        f"SELECT count(*) AS n, avg((s.value BETWEEN f.low AND f.high)::INT) AS held, "
        f"avg(abs(f.value - s.value)) AS error {JOINED}",
    )
    said = next(text.value for text in page.markdown if "lie in the 90% interval" in text.value)
    assert f"**{total['held']:.0%}** of {total['n']:,}" in said
    assert f"**{total['error']:.3f}**" in said
    coverage = frame(page, "coverage", "bias")
    assert list(coverage["pairs"])[-1] == total["n"] == sum(coverage["pairs"][:-1])
    each = ask(project, f"SELECT dataset, avg(f.value - s.value) AS bias {JOINED} GROUP BY dataset ORDER BY dataset")
    assert list(coverage["dataset"])[:-1] == [row["dataset"] for row in each]
    assert list(coverage["bias"])[:-1] == pytest.approx([row["bias"] for row in each])


def test_a_link_and_an_older_release(project: Path, draw):
    page = draw("evidence", project, release="v1", metric="macro_f1", measure="forecast: error")
    assert page.selectbox(key="measure").value == "forecast: error"
    (total,) = ask(project, f"SELECT avg(abs(f.value - s.value)) AS error {JOINED}", "v1")
    assert any(f"**{total['error']:.3f}**" in text.value for text in page.markdown)
    code = next(element.value for element in page.code if '"benchmarks@v2"' in element.value)
    shown = Reader(project / "warehouse" / "catalog.duckdb").sql(code).to_pylist()
    assert {row["release"] for row in shown} == {"v1", "v2"}
    for release in ("v1", "v2"):
        own = ask(project, "SELECT method, value FROM benchmarks WHERE metric = 'error'", release)
        values = {row["method"]: row["value"] for row in shown if row["release"] == release}
        assert values == {row["method"]: row["value"] for row in own}


def test_without_a_row(empty_project: Path, draw):
    page = draw("evidence", empty_project)
    assert not page.exception
    said = " ".join(info.value for info in page.info)
    assert "There is no dataset" in said
    assert "There is no subject" in said


def test_without_labels_or_benchmarks(tmp_path: Path, draw):
    content = tables(awkward=False)
    bare = {name: content[name].slice(0, 0) for name in ("scores", "benchmarks", "forecasts")}
    unlabelled = pa.array([0] * content["datasets"].num_rows)
    index = content["datasets"].schema.get_field_index("n_test")
    datasets = content["datasets"].set_column(index, content["datasets"].schema.field(index), unlabelled)
    publish(tmp_path, content | bare | {"datasets": datasets}, "bare")
    publish(tmp_path, content | bare, "unmeasured")
    publish(tmp_path, content | {"benchmarks": bare["benchmarks"]}, "unjudged")
    said = {
        release: " ".join(info.value for info in draw("evidence", tmp_path, release=release).info)
        for release in ("v1", "v2", "v3")
    }
    assert "No dataset has a labelled test split" in said["v1"]
    assert "No subject was measured" in said["v2"]
    assert "Nothing is forecast" in said["v2"]
    assert "No subject was measured" not in said["v3"]
    assert "`taskatlas run` makes them" in said["v3"]


def test_charts_mark_chance_and_intervals():
    measure = {"benchmark": "choice", "metric": "spearman", "low": 0.1, "high": 0.9}
    methods = rows("benchmarks", measure | {"method": "b"}, measure | {"method": "random"}).to_pandas()
    floor, intervals, points = panel(methods, "spearman").to_dict()["layer"]
    assert floor["mark"]["strokeDash"]
    assert (intervals["encoding"]["x"]["field"], intervals["encoding"]["x2"]["field"]) == ("low", "high")
    assert {tooltip["field"] for tooltip in points["encoding"]["tooltip"]} >= {
        "definition",
        "labels_used",
        "calls_used",
        "n",
    }
    assert len(panel(methods[:1], "spearman").to_dict()["layer"]) == 2
    point = {"subject": ["s", "t"], "dataset": ["d", "e"], "measured": [0.5, 0.75], "forecast": [0.25, 0.5]}
    drawn = pairs(
        pa.table(point).to_pandas().assign(low=0.1, high=0.9, within=True, labels_used=5, tested=9), "accuracy"
    ).to_dict()
    assert drawn["layer"][2]["encoding"]["x"]["scale"]["domain"] == [0.225, 0.775]
    line = history(methods.assign(release=["v1", "v2"]), "spearman").to_dict()
    assert line["layer"][0]["encoding"]["x"]["sort"] == ["v1", "v2"]


def test_without_chance_nothing_is_said_to_beat_it(tmp_path: Path, draw):
    own = {"benchmark": "choice", "method": "forecast", "metric": "spearman", "value": 0.5}
    publish(tmp_path, tables(seed=1) | {"benchmarks": rows("benchmarks", own)}, "one")
    page = draw("evidence", tmp_path)
    assert not page.exception
    assert not [element for element in (*page.success, *page.warning) if "chance" in element.value]
    assert frame(page, "random", "beyond")["value"].tolist() == [0.5]

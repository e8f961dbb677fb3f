"""The page Heatmap says what SQL, numpy and SciPy say of the same vectors and scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from taskatlas.analyze.similarity import cosines
from taskatlas.dashboards import queries
from taskatlas.dashboards.charts.matrix import CHOICES, MOST, leaf_orders, matrix, select_subjects
from taskatlas.store.reader import Reader
from tests.support.releases import AWKWARD, publish, tables

SPACE = "mini/student"


def reader(folder: Path, release: str | None = None) -> Reader:
    return Reader(folder / "warehouse" / "catalog.duckdb", release)


def pairs(folder: Path, release: str | None = None, **values) -> pd.DataFrame:
    parameters = {"space": SPACE, "metric": "accuracy", "score": "measured"} | values
    return reader(folder, release).sql(queries.text("heatmap_pairs"), parameters).to_pandas()


def drawn(page, index: int, layer: int = 0) -> pd.DataFrame:
    """The rows that a matrix draws: 0 similarities, 1 scores; layer 0 has the cells, 1 the crosses."""
    proto = page.get("vega_lite_chart")[index].proto
    name = json.loads(proto.spec)["layer"][layer]["data"]["name"]
    (stream,) = {entry.data.data for entry in proto.datasets if entry.name == name}
    return pa.ipc.open_stream(stream).read_pandas()


def test_similarities_are_the_cosines_of_the_published_vectors(project: Path):
    similar = pairs(project).pivot_table(index="dataset", columns="subject", values="similarity")
    rows = reader(project).sql(
        "SELECT e.entity, e.vector FROM embeddings AS e WHERE e.space = $space", {"space": SPACE}
    )
    vectors = {row["entity"]: row["vector"] for row in rows.to_pylist()}
    matrices = [np.array([vectors[name] for name in names], np.float32) for names in (similar.index, similar.columns)]
    assert similar.to_numpy() == pytest.approx(cosines(*matrices), abs=1e-6)


@pytest.mark.parametrize(("score", "table"), [("measured", "scores"), ("forecast", "forecasts")])
def test_scores_and_their_correlation(project: Path, draw, score: str, table: str):
    page = draw("heatmap", project, space="student", metric="macro_f1", score=score)
    assert not page.exception
    query = f"SELECT t.dataset, t.subject, t.value FROM {table} AS t WHERE t.metric = 'macro_f1'"
    known = reader(project).sql(query).to_pandas().set_index(["dataset", "subject"])["value"].sort_index()
    cells = drawn(page, 1).set_index(["dataset", "subject"])["score"].sort_index()
    pd.testing.assert_series_equal(cells, known, check_names=False)
    similar = drawn(page, 0).set_index(["dataset", "subject"])["similarity"]
    both = pd.DataFrame({"similarity": similar, "score": known}).dropna()
    within = [spearmanr(part["similarity"], part["score"])[0] for _, part in both.groupby("dataset")]
    shown = {metric.label: metric.value for metric in page.metric}
    assert float(shown["Over all pairs"]) == pytest.approx(spearmanr(both["similarity"], both["score"])[0], abs=0.0051)
    assert float(shown["Mean within a dataset"]) == pytest.approx(np.mean(within), abs=0.0051)
    assert shown["Pairs with both"] == f"{len(both):,}"
    assert any(f"over {len(within)} datasets" in text.value for text in page.caption)


def test_two_subjects_have_no_rank_correlation_of_their_own(tmp_path: Path, draw):
    content = tables(subjects=30, awkward=False)
    scores = content["scores"].to_pandas()
    measured = scores[(scores["dataset"] == "dataset-0") & (scores["metric"] == "accuracy")]["subject"]
    few = scores[(scores["dataset"] != "dataset-0") | scores["subject"].isin(measured[:2])]
    content["scores"] = pa.Table.from_pandas(few, content["scores"].schema, preserve_index=False)
    publish(tmp_path, content, "few")
    all_pairs = pairs(tmp_path)
    counts = all_pairs.dropna(subset=["similarity", "score"]).groupby("dataset").size()
    assert counts["dataset-0"] == 2
    known = all_pairs.groupby("dataset")["spearman_here"].first()
    assert known.isna().to_dict() == (counts < 3).to_dict()
    assert any(f"over {int((counts > 2).sum())} datasets" in text.value for text in draw("heatmap", tmp_path).caption)


def test_equal_values_share_their_ranks(tmp_path: Path):
    content = tables(subjects=30)
    scores = content["scores"].to_pandas()
    scores["value"] = scores["value"].round(1)
    content["scores"] = pa.Table.from_pandas(scores, content["scores"].schema, preserve_index=False)
    publish(tmp_path, content, "ties")
    all_pairs = pairs(tmp_path)
    both = all_pairs.dropna(subset=["similarity", "score"])
    assert both["score"].nunique() < 12
    assert all_pairs["spearman"].unique() == pytest.approx([spearmanr(both["similarity"], both["score"])[0]])
    for name, part in both.groupby("dataset"):
        own = all_pairs.loc[all_pairs["dataset"] == name, "spearman_here"].unique()
        assert own == pytest.approx([spearmanr(part["similarity"], part["score"])[0]])


def test_what_was_not_measured_is_a_cross_and_not_a_low_score(project: Path, draw):
    page = draw("heatmap", project)
    assert not page.exception
    crosses = drawn(page, 1, layer=1)
    query = (
        "SELECT d.dataset, s.subject FROM datasets AS d CROSS JOIN subjects AS s "
        "ANTI JOIN (FROM scores WHERE metric = 'accuracy') AS m ON m.dataset = d.dataset AND m.subject = s.subject"
    )
    missing = {tuple(row.values()) for row in reader(project).sql(query).to_pylist()}
    assert set(crosses[["dataset", "subject"]].itertuples(index=False, name=None)) == missing != set()
    assert set(crosses["empty"]) == {"no measured accuracy"}
    assert drawn(page, 0, layer=1).empty
    specs = [json.loads(chart.proto.spec)["layer"][0]["encoding"] for chart in page.get("vega_lite_chart")]
    assert [specs[0][axis]["scale"] for axis in "xy"] == [specs[1][axis]["scale"] for axis in "xy"]
    low, high = specs[0]["color"]["scale"]["domain"]
    assert low == -high == -pairs(project, space="mini/crosscov")["similarity"].abs().max()
    assert f"{AWKWARD[0]} subject" in specs[0]["x"]["scale"]["domain"]


def test_many_subjects_are_chosen_by_a_control(tmp_path: Path, draw):
    publish(tmp_path, tables(subjects=MOST + 20, awkward=False), "many")
    page = draw("heatmap", tmp_path)
    assert not page.exception
    assert page.segmented_control(key="shown").label == f"The {MOST} of {MOST + 20} subjects that"
    query = "SELECT subject FROM {} WHERE metric = 'accuracy' GROUP BY subject ORDER BY {} DESC LIMIT 60"
    spread = reader(tmp_path).sql(query.format("scores", "var_samp(value)"))
    assert set(drawn(page, 0)["subject"]) == set(spread["subject"].to_pylist())
    page = draw("heatmap", tmp_path, shown=CHOICES[1])
    best = reader(tmp_path).sql(query.format("forecasts", "avg(value)"))
    assert set(drawn(page, 0)["subject"]) == set(best["subject"].to_pylist())


def test_few_subjects_need_no_control(project: Path, draw):
    assert not draw("heatmap", project).segmented_control


def test_like_stands_beside_like():
    similar = {("a", "s1"): 0.9, ("a", "s2"): -0.8, ("a", "s3"): 0.88, ("b", "s1"): -0.9, ("b", "s2"): 0.9}
    similar |= {("b", "s3"): -0.87, ("c", "s1"): 0.91, ("c", "s2"): -0.82, ("c", "s3"): 0.9}
    rows = [{"dataset": d, "subject": s, "similarity": value, "score": None} for (d, s), value in similar.items()]
    datasets, subjects = leaf_orders(pd.DataFrame(rows))
    assert datasets.index("b") in {0, 2}
    assert subjects.index("s2") in {0, 2}
    swapped = pd.DataFrame(rows).rename(columns={"similarity": "score", "score": "similarity"})
    assert leaf_orders(swapped) == (datasets, subjects)


def test_subjects_without_scores_are_chosen_by_their_similarities():
    rows = [
        {"dataset": f"d{d}", "subject": f"s{s:03}", "similarity": s / 100 * (-1) ** d, "forecast": None, "score": None}
        for s in range(MOST + 5)
        for d in range(3)
    ]
    selected = select_subjects(pd.DataFrame(rows).astype({"forecast": float, "score": float}), CHOICES[0])
    assert sorted(selected["subject"].unique()) == [f"s{s:03}" for s in range(5, MOST + 5)]


def test_an_older_release_has_its_own_scores(project: Path, draw):
    page = draw("heatmap", project, release="v1")
    assert not page.exception
    older = pairs(project, "v1", space="mini/crosscov")
    assert sorted(drawn(page, 1)["score"]) == sorted(older["score"].dropna())
    assert sorted(drawn(page, 1)["score"]) != sorted(pairs(project)["score"].dropna())


def test_a_release_without_rows_says_what_is_missing(empty_project: Path, draw):
    page = draw("heatmap", empty_project)
    assert not page.exception
    assert not page.get("vega_lite_chart")
    assert any("no vector and no score" in info.value for info in page.info)


def test_scores_without_vectors_are_still_shown(tmp_path: Path, draw):
    content = tables()
    publish(tmp_path, content | {"embeddings": content["embeddings"].slice(0, 0)}, "scores only")
    page = draw("heatmap", tmp_path)
    assert not page.exception
    assert {metric.label: metric.value for metric in page.metric}["Over all pairs"] == "–"
    assert len(drawn(page, 1)) == pairs(tmp_path)["score"].notna().sum() > 0
    assert drawn(page, 0).empty


def test_a_matrix_of_nothing_is_crosses():
    rows = pd.DataFrame({"dataset": ["a"], "subject": ["s"], "similarity": [np.nan], "score": [np.nan]})
    rows[["forecast", "measured"]] = np.nan
    chart = matrix(rows, "score", "measured accuracy", (["a"], ["s"])).to_dict()
    sizes = [len(chart["datasets"][layer["data"]["name"]]) for layer in chart["layer"]]
    assert sizes == [0, 1]

"""Every named query answers: on releases with rows, on the older one, and on one without a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from taskatlas import dashboards
from taskatlas.dashboards import queries
from taskatlas.store.reader import Reader
from tests.support.releases import AWKWARD, publish
from tests.support.tables import empty, rows
from tests.support.tables import tables as sample_tables

HOME = Path(dashboards.__file__).parent
VALUES: dict[str, queries.Value] = {
    "dataset": f"{AWKWARD[1]} dataset",
    "subject": f"{AWKWARD[0]} subject",
    "name": f"{AWKWARD[2]} subject",
    "metric": "accuracy",
    "k": 3,
    "benchmark": "choice",
    "most": 50,
    "score": "measured",
    "means": 1,
    "kind": "subject",
    "space": "mini/crosscov",
    "one": f"{AWKWARD[0]} subject",
    "other": f"{AWKWARD[1]} subject",
    "origin_kind": "dataset",
    "origin": f"{AWKWARD[0]} dataset",
    "since": 1,
    "newest": 1,
}
"""A value for every $parameter that there is."""


def resolved(folder: Path, name: str, before: str | None = "v1") -> str:
    rows = Reader(folder / "warehouse" / "catalog.duckdb").sql(queries.text("releases")).to_pylist()
    return queries.resolve(name, before, {row["release"]: row["tables"] for row in rows})


def ask(folder: Path, name: str, release: str | None = None, before: str | None = "v1"):
    values = {key: VALUES[key] for key in queries.parameters(name)}
    return Reader(folder / "warehouse" / "catalog.duckdb", release).sql(resolved(folder, name, before), values)


@pytest.mark.parametrize("name", queries.names())
def test_a_query_answers(project: Path, empty_project: Path, name: str):
    columns = ask(project, name).column_names
    assert len(set(columns)) == len(columns)
    assert ask(project, name, "v1", before=None).column_names == columns
    assert ask(empty_project, name).column_names == columns


@pytest.mark.parametrize("name", queries.names())
def test_a_query_says_what_it_answers_and_is_asked(name: str):
    assert queries.text(name).startswith("-- ")
    assert "?" in queries.text(name).splitlines()[0] or queries.text(name).splitlines()[0].endswith(".")
    code = "".join(path.read_text() for path in HOME.rglob("*.py"))
    assert f'"{name}"' in code, "nobody asks it"


@pytest.mark.parametrize("name", queries.names())
def test_the_sql_that_is_shown_is_what_was_asked(project: Path, name: str):
    values = {key: VALUES[key] for key in queries.parameters(name)}
    shown = Reader(project / "warehouse" / "catalog.duckdb").sql(queries.inline(resolved(project, name), values))
    # sums of floats differ in their last digit with the order in which threads add
    assert_frame_equal(shown.to_pandas(), ask(project, name).to_pandas(), rtol=1e-9)


def test_tables_of_other_releases(project: Path, monkeypatch: pytest.MonkeyPatch):
    before = 'SELECT sum(s.value) AS own, sum(b.value) AS other FROM scores AS s POSITIONAL JOIN "scores@$before" AS b'
    every = 'SELECT e.release, count(*) AS n FROM "scores@$every" AS e GROUP BY e.release ORDER BY e.release'
    monkeypatch.setattr(queries, "text", {"before": before, "every": every, "releases": queries.text("releases")}.get)
    reader = Reader(project / "warehouse" / "catalog.duckdb")
    total = {
        release: reader.sql(f'SELECT sum(value) FROM "scores@{release}"')[0][0].as_py() for release in ("v1", "v2")
    }
    assert ask(project, "before", before="v1").to_pylist() == [{"own": total["v2"], "other": total["v1"]}]
    assert ask(project, "before", "v1", before="v2").to_pylist() == [{"own": total["v1"], "other": total["v2"]}]
    assert ask(project, "before", before=None).to_pylist() == [{"own": total["v2"], "other": None}]
    count = reader.sql("SELECT count(*) FROM scores")[0][0].as_py()
    assert ask(project, "every").to_pylist() == [{"release": release, "n": count} for release in ("v1", "v2")]
    lacking = queries.resolve("every", None, {"v1": ["scores"], "v2": []})
    assert reader.sql(lacking).to_pylist() == [{"release": "v1", "n": count}]
    assert reader.sql(queries.resolve("every", None, {"v1": []})).num_rows == 0
    assert reader.sql(queries.resolve("before", "v1", {"v1": []}))["other"].to_pylist() == [None]


def test_no_name_but_a_release_is_written_into_a_query(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "text", lambda name: 'FROM "scores@$before"')
    for name in ('v1" UNION FROM secrets --', "newest", "V1", "v1\n"):
        with pytest.raises(ValueError, match="no names of releases"):
            queries.resolve("any", name, {name: ["scores"]})
    with pytest.raises(KeyError):
        queries.resolve("any", "v9", {"v1": ["scores"]})


def test_a_forecast_that_is_no_number_missed_nothing(tmp_path: Path):
    pair = {"subject": "enc/plain", "dataset": "similar", "metric": "spearman"}
    scores = rows("scores", pair | {"value": 0.2}, pair | {"subject": "vader", "value": 0.9})
    publish(tmp_path, sample_tables() | {"scores": scores}, "one")
    missed = Reader(tmp_path / "warehouse" / "catalog.duckdb").sql(queries.text("example_missed"))
    assert missed["subject"].to_pylist() == ["vader"]


def test_who_is_right_is_counted_as_scores_are(tmp_path: Path):
    texts = [
        {"origin_kind": "dataset", "origin": "d", "split": "test", "text_id": f"t{i}", "text": f"text {i}"}
        for i in range(4)
    ]
    said_by = {"a": ("Yes", "no", None, None), "b": ("good", "bad", "good", "bad"), "c": ("yes", "yes", "no", "no")}
    labels = {"a": ["No", "Yes"], "b": ["bad", "good"], "c": ["no", "yes"]}
    content = {
        "datasets": rows("datasets", {"dataset": "d", "labels": ["no", "yes"]}),
        "subjects": rows("subjects", *({"subject": name, "labels": labels[name]} for name in said_by)),
        "examples": rows("examples", *(text | {"label": "yes", "value": None, "text_pair": None} for text in texts)),
        "predictions": rows(
            "predictions",
            *(
                {"subject": name, "text_id": f"t{i}", "output": str(label), "value": None, "label": label}
                for name, labels_said in said_by.items()
                for i, label in enumerate(labels_said)
            ),
        ),
    }
    publish(tmp_path, empty() | content, "labels")
    reader = Reader(tmp_path / "warehouse" / "catalog.duckdb")
    right = {}
    for other in "bc":
        (row,) = reader.sql(queries.text("compare_agreement"), {"one": "a", "other": other}).to_pylist()
        right |= {"a": row["right_one"], other: row["right_other"]}
    # no label is wrong; who names labels otherwise is right by a mapping that no table holds
    assert right == {"a": 0.25, "b": None, "c": 0.5}

"""The page Overview says what SQL says: what is there, what changed, what is degraded, how the last runs went."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.dashboards import report
from taskatlas.dashboards.queries import resolve
from taskatlas.store import runs
from taskatlas.store.reader import Reader
from tests.support.releases import AWKWARD, publish, tables
from tests.support.tables import empty, rows

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
SPACES = (("sharp", 0.9), ("blurred", 0.6), ("unknown", None))


def reader(folder: Path, release: str | None = None) -> Reader:
    return Reader(folder / "warehouse" / "catalog.duckdb", release)


def one(folder: Path, query: str, release: str | None = None):
    return reader(folder, release).sql(query)[0][0].as_py()


def frame(page, *columns: str):
    """The one table on the page with these columns."""
    return next(element.value for element in page.dataframe if set(columns) <= set(element.value.columns))


def flags(page) -> list[tuple[str, str, str]]:
    return list(frame(page, "flag", "why")[["flag", "about", "why"]].itertuples(index=False, name=None))


def ran(folder: Path, hours: float, outcome: str, fault: str | None = None, seconds: float = 83.0) -> None:
    row = {"began_at": BEGAN + timedelta(hours=hours), "seconds": seconds, "outcome": outcome, "release": "v1"}
    row |= {"computed": 3, "device": "cpu", "taskatlas_version": "0.1.0", "fault": fault}
    runs.add(runs.runs_file(folder / "warehouse" / "catalog.duckdb"), row)


def sound(**changes: pa.Table) -> dict[str, pa.Table]:
    """A release in which nothing is degraded."""
    forecast = {"subject": "enc", "dataset": "d", "metric": "accuracy", "value": 0.6, "low": 0.5, "high": 0.7}
    vectors = [
        {"method": "text", "entity_kind": kind, "entity": name} for kind, name in (("dataset", "d"), ("subject", "enc"))
    ]
    content = {
        "datasets": rows("datasets", {"dataset": "d"}),
        "subjects": rows("subjects", {"subject": "enc", "output_kind": "classes"}),
        "forecasts": rows("forecasts", forecast),
        "scores": rows("scores", forecast),
        "embeddings": rows("embeddings", *vectors),
    }
    return empty() | content | changes


def test_counts_and_their_change(project: Path, draw):
    page = draw("overview", project)
    assert not page.exception
    shown = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    for kind in ("datasets", "subjects", "models", "prompts", "spaces"):
        now, before = one(project, f"SELECT count(*) FROM {kind}"), one(project, f'SELECT count(*) FROM "{kind}@v1"')
        assert shown[kind.capitalize()] == (f"{now:,}", str(now - before))
    texts = one(project, "SELECT sum(n_texts)::BIGINT FROM corpora")
    assert shown["Corpus texts"] == (f"{texts:,}", "0")


def test_every_fault_is_a_flag(project: Path, draw):
    page = draw("overview", project)
    shown = flags(page)
    counts = Counter(flag for flag, _, _ in shown)
    assert counts["expectations"] == one(project, "SELECT count(DISTINCT origin) FROM quality WHERE NOT success") == 1
    assert counts["quarantine"] == one(project, "SELECT count(DISTINCT origin) FROM quarantine") == 1
    fell = 'FROM scores s JOIN "scores@v1" b USING (subject, dataset, metric) WHERE s.value < b.low'
    assert counts["scores fell"] == one(project, f"SELECT count(DISTINCT (dataset, metric)) {fell}") > 0
    assert "intervals" not in counts
    assert all(f"{flag} ({count})" in page.warning[0].value for flag, count in counts.items())
    assert {where for flag, where, _ in shown if flag == "expectations"} == {f"{AWKWARD[1]} dataset"}


def test_nothing_is_degraded_until_a_run_fails(tmp_path: Path, draw):
    publish(tmp_path, sound(), "one")
    page = draw("overview", tmp_path)
    assert "Nothing is degraded" in page.success[0].value
    assert not page.warning
    assert not page.error
    assert all(metric.delta == "" for metric in page.metric)
    assert any("This is the first release" in info.value for info in page.info)
    assert any("No run is on record" in info.value for info in page.info)
    ran(tmp_path, 0, "published")
    page = page.run()
    assert "Nothing is degraded" in page.success[0].value
    assert any("1 min 23 s" in text.value and "**published**" in text.value for text in page.markdown)
    fault = f"{AWKWARD[0]} {AWKWARD[3]}"
    ran(tmp_path, 1, "failed", fault, 3725.0)
    page = page.run()
    assert "last run (1)" in page.warning[0].value
    assert "1 h 2 min" in page.error[0].value
    assert "\\<script\\>" in page.error[0].value
    ((flag, where, why),) = flags(page)
    assert (flag, where) == ("last run", "v1")
    assert fault in why
    assert list(frame(page, "outcome")["outcome"]) == ["failed", "published"]


def test_one_fault_is_one_flag(tmp_path: Path, draw):
    vectors = [("dataset", "other"), ("subject", "enc"), ("subject", "odd"), ("subject", "free")]
    changes = {
        "subjects": rows(
            "subjects",
            *({"subject": name, "output_kind": kind} for name, kind in (("enc", "classes"), ("odd", "number"))),
            {"subject": "free", "output_kind": "text"},
        ),
        "spaces": rows("spaces", *({"space": name, "trustworthiness": of} for name, of in SPACES)),
        "embeddings": rows(
            "embeddings", *({"method": "text", "entity_kind": kind, "entity": name} for kind, name in vectors)
        ),
        "quarantine": rows("quarantine", *({"origin": "d", "reason": "empty", "row": row} for row in (1, 2))),
        "quality": rows("quality", {"origin": "d", "success": False, "n": 9, "n_unexpected": 2}, {"origin": "e"}),
    }
    publish(tmp_path, sound(**changes), "one")
    assert [(flag, where) for flag, where, _ in flags(draw("overview", tmp_path))] == [
        ("expectations", "d"),
        ("no vector", "d"),
        ("no forecast", "odd"),
        ("quarantine", "d"),
        ("picture", "blurred"),
    ]


def test_intervals_that_miss_more_often_than_chance_allows(tmp_path: Path, draw):
    # of ten draws at 0.1, the upper 5% lie above 0.1 + 1.645 * sqrt(0.009) = 0.256
    names = [f"d{index}" for index in range(10)]
    of = {"subject": "enc", "value": 0.6, "low": 0.5, "high": 0.7}
    pairs = [{"dataset": name, "metric": metric} for name in names for metric in ("accuracy", "macro_f1")]
    missed = {("accuracy", name) for name in names[:2]} | {("macro_f1", name) for name in names[:3]}
    values = [0.3 if (pair["metric"], pair["dataset"]) in missed else 0.6 for pair in pairs]
    changes = {
        "forecasts": rows("forecasts", *(of | pair for pair in pairs)),
        "scores": rows("scores", *(of | pair | {"value": value} for pair, value in zip(pairs, values, strict=True))),
    }
    publish(tmp_path, sound(**changes), "one")
    ((flag, where, why),) = flags(draw("overview", tmp_path))
    assert (flag, where) == ("intervals", "macro_f1")
    assert why.startswith("30% of 10")


def test_what_changed_and_what_moved(tmp_path: Path, draw):
    first = tables(seed=3)
    kept = pc.not_equal(first["prompts"]["prompt"], "prompt-1")
    ids = pa.array(["new" if name == "dataset-1" else "x" for name in first["datasets"]["dataset"].to_pylist()])
    index = first["datasets"].schema.get_field_index("dataset_id")
    second = first | {
        "prompts": first["prompts"].filter(kept),
        "datasets": first["datasets"].set_column(index, first["datasets"].schema.field(index), ids),
        "models": pa.concat_tables([first["models"], rows("models", {"model": "new-model"})]),
        "scores": tables(seed=4)["scores"],
    }
    publish(tmp_path, first, "one")
    publish(tmp_path, second, "two")
    page = draw("overview", tmp_path)
    changes = frame(page, "change", "kind", "name")
    assert list(changes[["change", "kind", "name"]].itertuples(index=False, name=None)) == [
        ("added", "model", "new-model"),
        ("changed", "dataset", "dataset-1"),
        ("removed", "prompt", "prompt-1"),
    ]
    moved = frame(page, "what", "gain")
    assert set(moved["what"]) == {"measured"}
    both = 'FROM scores s JOIN "scores@v1" b USING (subject, dataset, metric)'
    largest = one(tmp_path, f"SELECT s.value - b.value {both} ORDER BY abs(s.value - b.value) DESC")
    assert moved["gain"][0] == largest
    assert not any(text.value == "**Benchmarks that moved**" for text in page.markdown)


def test_another_best_subject_is_a_change(tmp_path: Path, draw):
    def choose(*chosen: tuple[str, str, float, str]) -> dict[str, pa.Table]:
        columns = ("dataset", "candidate", "expected", "verdict")
        told = [{"question": "prompt", "rank": 1, **dict(zip(columns, each, strict=True))} for each in chosen]
        return sound(recommendations=rows("recommendations", *told))

    none = "no better than always answering yes"
    publish(tmp_path, choose(("d", "a", 0.81, "best"), ("e", "a", 0.5, none), ("f", "a", 0.7, "best")), "one")
    publish(tmp_path, choose(("d", "b", 0.84, "best"), ("e", "c", 0.6, "best"), ("f", "a", 0.72, "best")), "two")
    (told,) = [text.value for text in draw("overview", tmp_path).markdown if "The best on" in text.value]
    assert told.replace("\\", "").splitlines() == [
        "- The best on d was a (0.81), is now b (0.84).",
        "- The best on e was nothing that is known to beat the baseline, is now c (0.60).",
    ]
    output = tmp_path / "report.html"
    report.write(tmp_path, output)
    assert "<li>The best on d was a (0.81), is now b (0.84).</li>" in output.read_text(encoding="utf-8")


def test_what_was_measured_is_not_degraded(tmp_path: Path, draw):
    of = {"question": "prompt", "dataset": "d", "tried": None, "forecast": None}
    said = {"table_name": "forecasts", "origin_kind": "subject", "success": False, "n": 2}
    halved = {"table_name": "predictions", "origin_kind": "subject", "success": False, "n": 9, "n_unexpected": 8}
    changes = {
        "recommendations": rows(
            "recommendations",
            of | {"candidate": "enc", "measured": 0.6, "rank": 1},
            of | {"candidate": "odd", "measured": None, "rank": 2},
        ),
        "quality": rows(
            "quality",
            *(said | {"origin": name, "detail": '{"observed": "unlike it"}'} for name in ("enc", "odd")),
            halved | {"origin": "enc", "expectation": "expect_pairs_where_a_pair_is_asked_for"},
        ),
    }
    publish(tmp_path, sound(**changes), "one")
    assert flags(draw("overview", tmp_path)) == [
        ("no forecast", "odd", "1 score is neither measured nor forecast: unlike it.")
    ]


def test_an_older_release_is_held_against_the_one_before_it(project: Path, draw):
    page = draw("overview", project, release="v1")
    assert any("This is the first release" in info.value for info in page.info)
    assert not any("what" in element.value.columns for element in page.dataframe)
    assert 'FROM "datasets@' not in "".join(code.value for code in page.code)


def test_a_release_without_a_row(empty_project: Path, draw):
    page = draw("overview", empty_project)
    assert not page.exception
    assert [metric.value for metric in page.metric] == ["0"] * 6


def test_the_sql_of_each_figure_is_that_of_the_page(project: Path, draw):
    shown = [code.value for code in draw("overview", project).code]
    held = {
        row["release"]: row["tables"]
        for row in reader(project).sql("SELECT release, map_keys(snapshots) AS tables FROM releases").to_pylist()
    }
    assert any(resolve("overview_moved", "v1", held) in code for code in shown)


def test_what_had_no_score_before_did_not_fall(tmp_path: Path, draw):
    none = {"subject": "enc", "dataset": "d", "metric": "accuracy", "value": float("nan")}
    before = rows("scores", none | {"low": float("nan"), "high": float("nan")})
    publish(tmp_path, sound(scores=before), "one")
    publish(tmp_path, sound(), "two")
    page = draw("overview", tmp_path)
    assert "Nothing is degraded" in page.success[0].value


def test_rows_that_broke_are_of_those_that_were_looked_at(tmp_path: Path, draw):
    origin = {"origin": "d", "origin_kind": "dataset", "success": False}
    worst = origin | {"expectation": "one", "n": 50, "n_unexpected": 3}
    quality = rows("quality", worst, origin | {"expectation": "two", "n": 900, "n_unexpected": 1})
    publish(tmp_path, sound(quality=quality), "one")
    ((flag, _, why),) = flags(draw("overview", tmp_path))
    assert flag == "expectations"
    assert why == "3 of 50 rows of this dataset broke one, two."


def test_a_benchmark_that_moved_is_not_called_a_gain(project: Path, draw):
    shown = frame(draw("overview", project), "benchmark", "change")
    assert "gain" not in shown
    both = 'FROM benchmarks n JOIN "benchmarks@v1" b USING (benchmark, metric, method) WHERE n.value <> b.value'
    expected = reader(project).sql(f"SELECT n.value - b.value AS change {both} ORDER BY benchmark, metric, method")
    assert shown["change"].tolist() == expected["change"].to_pylist()
    assert "loss" in set(shown["metric"])


def test_what_only_a_card_says_is_a_change_too(tmp_path: Path, draw):
    first = sound(models=rows("models", {"model": "m"}), corpora=rows("corpora", {"corpus": "web"}))
    card = {"dataset": "d", "family": "another", "license": "CC0-1.0"}
    second = first | {"datasets": rows("datasets", card), "models": rows("models", {"model": "m", "revision": None})}
    publish(tmp_path, first, "one")
    publish(tmp_path, second, "two")
    publish(tmp_path, second, "three")
    changes = frame(draw("overview", tmp_path, release="v2"), "change", "kind")
    assert list(changes[["change", "kind", "name", "what"]].itertuples(index=False, name=None)) == [
        ("changed", "dataset", "d", "family, license"),
        ("changed", "model", "m", "revision"),
    ]
    page = draw("overview", tmp_path)
    assert any(info.value.startswith("No card, text, choice, score") for info in page.info)


def test_news_come_before_what_was_so_already(tmp_path: Path, draw):
    apart = [{"origin_kind": "dataset", "origin": name, "reason": "empty", "row": 1} for name in ("old", "new")]
    publish(tmp_path, sound(quarantine=rows("quarantine", apart[0])), "one")
    publish(tmp_path, sound(quarantine=rows("quarantine", apart[0])), "two")
    page = draw("overview", tmp_path)
    assert not page.warning
    assert page.info[0].value.startswith("**Nothing new is degraded.** As in v1: quarantine (1).")
    publish(tmp_path, sound(quarantine=rows("quarantine", *apart)), "three")
    page = draw("overview", tmp_path)
    assert page.warning[0].value.startswith(
        "**Something is degraded.** New since v2: quarantine (1). As in v2: quarantine (1)."
    )
    shown = frame(page, "flag", "new")
    assert shown[["about", "new"]].values.tolist() == [["new", True], ["old", False]]


def test_how_the_last_run_went_says_nothing_of_an_older_release(tmp_path: Path, draw):
    publish(tmp_path, sound(), "one")
    publish(tmp_path, sound(), "two")
    ran(tmp_path, 1, "failed", "the disk is full")
    page = draw("overview", tmp_path, release="v1")
    assert "Nothing is degraded" in page.success[0].value
    assert not page.error
    assert [flag for flag, _, _ in flags(draw("overview", tmp_path))] == ["last run"]


def test_what_has_no_vector_stands_once_with_the_reason(tmp_path: Path, draw):
    subjects = rows("subjects", *({"subject": name, "output_kind": "text"} for name in ("enc", "same")))
    broken = {"table_name": "embeddings", "origin_kind": "subject", "origin": "same", "success": False}
    detail = {"detail": '{"observed": "it answers every text the same."}'}
    publish(tmp_path, sound(subjects=subjects, quality=rows("quality", broken | detail)), "one")
    expected = "This subject has no vector by text: it answers every text the same."
    assert flags(draw("overview", tmp_path)) == [("no vector", "same", expected)]


def test_a_schedule_that_stopped_is_told(tmp_path: Path, draw):
    publish(tmp_path, sound(), "one")
    now = (datetime.now(UTC) - BEGAN) / timedelta(hours=1)
    for count in range(4):
        ran(tmp_path, now - 49 - 24 * count, "unchanged")
    page = draw("overview", tmp_path)
    assert any(text.value.startswith("The last run began 2 days ago") for text in page.markdown)
    assert not page.warning
    assert not page.error
    for count in range(4):
        ran(tmp_path, now - 25 + 0.01 - 6 * count, "unchanged")
    page = draw("overview", tmp_path)
    assert [warning.value for warning in page.warning] == [
        "No run has begun for 1 day; they used to begin every 6 hours. Is the schedule alive?"
    ]
    ran(tmp_path, now - 24, "unchanged")
    assert not draw("overview", tmp_path).warning  # people run it by hand, when they like


def measured(method: str, metric: str, value: float, n: int = 7, calls: str = "none") -> dict[str, object]:
    """A row of the table benchmarks, of the question choice."""
    interval = {"low": value - 0.05, "high": value + 0.05, "n": n, "labels_used": "train split", "calls_used": calls}
    return {"benchmark": "choice", "method": method, "metric": metric, "value": value, **interval}


def test_a_benchmark_that_fell_is_a_flag(tmp_path: Path, draw):
    before = [
        measured("forecast", "spearman", 0.8),
        measured("cosine student", "spearman", 0.6),
        measured("forecast", "loss", 0.02),
        measured("random", "spearman", 0.5),
        measured("mean elsewhere", "spearman", 0.7),
        measured("trying on 64 labels", "spearman", 0.9, calls="64"),
    ]
    publish(tmp_path, sound(benchmarks=rows("benchmarks", *before)), "one")
    after = [
        measured("forecast", "spearman", 0.6, n=9),
        measured("cosine student", "spearman", 0.52),
        measured("forecast", "loss", 0.06),
        measured("random", "spearman", 0.1),
        measured("mean elsewhere", "spearman", 0.1),
        measured("trying on 64 labels", "spearman", 0.1, calls="64"),
    ]
    publish(tmp_path, sound(benchmarks=rows("benchmarks", *after)), "two")
    page = draw("overview", tmp_path)
    assert not page.exception
    why = "0.80 → 0.60 by forecast, over 9 targets (7 before); 2 ways in all are worse than the interval that they had."
    assert flags(page) == [("benchmark fell", "choice: spearman", why)], "a loss within its interval did not"
    assert "benchmark fell (1)" in page.warning[0].value
    assert bool(frame(page, "flag", "why")["new"][0])
    poorer = [measured("forecast", "loss", 0.2), *after]
    del poorer[3]
    publish(tmp_path, sound(benchmarks=rows("benchmarks", *poorer)), "three")
    (flag,) = flags(draw("overview", tmp_path))
    assert flag[:2] == ("benchmark fell", "choice: loss")

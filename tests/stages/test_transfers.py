"""Transfers: measured pair by pair, kept, resumed, published, and held against what vectors promise."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from taskatlas.embed.tuned.transfer import Learner
from taskatlas.errors import InputError, StoreError, TaskatlasError, UnknownNameError
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.invalidate import forget
from taskatlas.stages.transfers import TransferBench, few_of
from taskatlas.stages.validate import check_beforehand, validate_project
from tests.support.cards import change_card, dataset_card
from tests.support.command_line import run_cli
from tests.support.projects import moods, parts, sentences, write_dataset, write_project, written
from tests.support.stage_runs import benchmark_missing, benchmarked, ingested

Row = dict[str, Any]
QUICK = {"learner": "bitfit", "labels": 12, "seeds": 2, "source_epochs": 6, "target_epochs": 6}
NAMES = ["amount", "feel", "mood", "twin"]


def write_datasets(folder: Path) -> Path:
    """A project with three datasets of moods, two of which know each other's words, and one of numbers."""
    write_project(folder)
    write_dataset(folder, "twin", moods(60, 6))  # with the words of mood
    numbers = [{"text": text, "label": text.count("a")} for text in sentences(40, 71)]
    write_dataset(folder, "amount", numbers, family="amounts", labels="number")
    change_card(folder / "atlas.yaml", transfers=QUICK)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_datasets(tmp_path_factory.mktemp("transfers") / "project")
    ingested(folder)
    assert bench(folder).measure() == 16
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "project"))


def bench(folder: Path, *targets: str) -> TransferBench:
    return TransferBench(Plan(Project(folder)), "cpu", targets)


def by_pair(rows: pa.Table) -> dict[tuple[str, str], Row]:
    return {(row["source"], row["target"]): row for row in rows.to_pylist()}


def test_every_pair_is_measured_beside_the_target_alone(made: Path):
    rows = by_pair(bench(made).rows())
    assert {*rows} == {(source, target) for source in NAMES for target in NAMES if source != target}
    for (_, target), row in rows.items():
        assert row["metric"] == ("spearman" if target == "amount" else "accuracy")
        assert row["gain"] == pytest.approx(row["value"] - row["alone"])
        assert row["low"] <= row["gain"] <= row["high"]
        assert (row["labels"], row["setup"]) == (12, bench(made).setup.name)
    assert len({row["alone"] for (_, target), row in rows.items() if target == "feel"}) == 1


def test_again_nothing_is_measured(copy: Path):
    before = parts(copy)
    assert bench(copy).measure() == 0
    assert written(before, parts(copy)) == {}


def test_a_new_dataset_costs_its_own_pairs(copy: Path):
    write_dataset(copy, "more", moods(50, 9))
    ingested(copy)
    before = parts(copy)
    assert len(bench(copy).missing) == 4 + 1 + 4
    bench(copy).measure()
    assert written(before, parts(copy)) == {"learnt": 2, "measured_transfers": 9}


def test_one_target_alone_can_be_asked_for(copy: Path):
    shutil.rmtree(copy / "warehouse/parts/measured_transfers")
    assert bench(copy, "mood").measure() == 4
    assert {target for _, target in by_pair(bench(copy, "mood").rows())} == {"mood"}


def test_it_goes_on_where_it_was_interrupted(copy: Path, monkeypatch: pytest.MonkeyPatch):
    whole = by_pair(bench(copy).rows())
    for kind in ("learnt", "measured_transfers"):
        shutil.rmtree(copy / "warehouse/parts" / kind)
    learn_after, calls = Learner.learn_after, []

    def interrupted(self: Learner, *args: Any) -> Any:
        calls.append(args)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return learn_after(self, *args)

    monkeypatch.setattr(Learner, "learn_after", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench(copy).measure()
    monkeypatch.undo()
    there = 16 - len(bench(copy).missing)
    assert there == 4, "a target that is done is kept"
    assert bench(copy).measure() == 12
    again = by_pair(bench(copy).rows())
    assert {pair: row["value"] for pair, row in again.items()} == pytest.approx(
        {pair: row["value"] for pair, row in whole.items()}
    )


@pytest.mark.parametrize("field", ["labels", "seeds", "source_epochs", "target_epochs"])
def test_another_setup_measures_anew(copy: Path, field: str):
    name = bench(copy).setup.name
    change_card(copy / "atlas.yaml", transfers={**QUICK, field: QUICK[field] + 1})
    assert len(bench(copy).missing) == 16
    assert bench(copy).setup.name != name


def test_texts_that_the_source_holds_do_not_count(tmp_path: Path):
    folder = write_datasets(tmp_path / "project")
    rows = moods(60, 9)
    for split, own in (("train", rows[:40]), ("test", rows[40:])):
        write_dataset(folder, f"given_{split}", own)
    (folder / "datasets/given_test.yaml").unlink()
    (folder / "datasets/given_train.yaml").unlink()
    write_dataset(folder, "holder", rows, test_fraction=0.1)
    change_card(folder / "datasets/feel.yaml", source="data/given_{split}.jsonl")
    ingested(folder)
    one = bench(folder, "feel")
    one.measure()
    held = by_pair(one.rows())
    assert held["mood", "feel"]["n"] == 20
    assert ("holder", "feel") not in held or held["holder", "feel"]["n"] < 20


def test_a_run_publishes_them_and_holds_vectors_against_them(made: Path, tmp_path: Path):
    folder = Path(shutil.copytree(made, tmp_path / "project"))
    plan = benchmarked(folder)
    (key,) = plan.table_parts["transfers"]
    assert plan.project.parts.read("transfers", key).num_rows == 12
    (benchmarks,) = plan.table_parts["benchmarks"]
    rows = [r for r in plan.project.parts.read("benchmarks", benchmarks).to_pylist() if r["benchmark"] == "transfer"]
    assert {row["metric"] for row in rows} == {"ndcg", "regret_1", "regret_3"}
    reached = {row["method"]: row for row in rows if row["metric"] == "ndcg"}
    assert {"oracle", "random", "mean elsewhere", "likeness", "forecast of transfers", "cosine crosscov"} <= {*reached}
    assert reached["oracle"]["value"] == 1.0
    assert 0.0 < reached["random"]["value"] < 1.0
    assert all(row["n"] == 4 for row in rows if row["method"] in ("oracle", "random") and row["metric"] == "ndcg")


def test_sources_are_recommended_by_what_was_measured(copy: Path):
    plan = benchmarked(copy)
    (key,) = plan.table_parts["recommendations"]
    rows = plan.project.parts.read("recommendations", key).to_pylist()
    found = sorted((r for r in rows if (r["question"], r["dataset"]) == ("source", "twin")), key=lambda r: r["rank"])
    measured = {pair[0]: row for pair, row in by_pair(bench(copy).rows()).items() if pair[1] == "twin"}
    assert {row["candidate"] for row in found} == {*measured}
    assert all(row["evidence"] == "measured" for row in found)
    assert all(row["measured"] == pytest.approx(measured[row["candidate"]]["value"]) for row in found)
    for row in found:
        assert row["note"].startswith(f"gains {measured[row['candidate']]['gain']:+.2f} (90%: ")
        assert row["low"] <= row["measured"] <= row["high"]


def test_without_any_nothing_changes_for_a_run(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    plan = benchmarked(folder)
    (key,) = plan.table_parts["transfers"]
    assert plan.project.parts.read("transfers", key).num_rows == 0
    before = plan.benchmark_work.key
    ingested(folder)
    write_dataset(folder, "twin", moods(60, 6))
    (folder / "datasets/twin.yaml").unlink()
    assert Plan(Project(folder)).benchmark_work.key == before


def test_new_ones_are_taken_up_by_the_next_run(copy: Path):
    plan = benchmarked(copy)
    shutil.rmtree(copy / "warehouse/parts/measured_transfers")
    bench(copy, "mood").measure()
    again = Plan(Project(copy))
    assert not again.is_benchmarked()
    benchmark_missing(again)
    (key,) = again.table_parts["transfers"]
    assert again.project.parts.read("transfers", key).num_rows == 3
    assert plan.table_parts["transfers"] != [key]


@pytest.mark.parametrize(
    ("transfers", "what"),
    [
        ({"learner": "crosscov"}, r"crosscov trains nothing.*Choose one of .*bitfit"),
        ({"learner": "bitfitt"}, "Did you mean 'bitfit'"),
    ],
)
def test_a_learner_that_cannot_learn_is_told(copy: Path, transfers: Row, what: str):
    change_card(copy / "atlas.yaml", transfers=transfers)
    with pytest.raises(TaskatlasError, match=what):
        bench(copy)
    with pytest.raises(TaskatlasError, match=what):
        validate_project(copy)
    with pytest.raises(TaskatlasError, match=what):
        check_beforehand(Project(copy))


def test_a_forgotten_dataset_is_learnt_anew(copy: Path):
    before = parts(copy)
    forget(copy, ["mood"])
    ingested(copy)
    assert bench(copy).measure() == 7, "alone, from three sources, and for three targets"
    made_anew = written(before, parts(copy))
    assert (made_anew["learnt"], made_anew["measured_transfers"]) == (2, 7)  # with its arrays


def test_what_is_missing_is_told(copy: Path, tmp_path: Path):
    with pytest.raises(UnknownNameError, match="moods"):
        bench(copy, "moods")
    with pytest.raises(StoreError, match="ingest"):
        bench(write_datasets(tmp_path / "new"))
    for name in ("amount", "feel", "twin"):
        (copy / "datasets" / f"{name}.yaml").unlink()
    ingested(copy)
    with pytest.raises(InputError, match="no two datasets"):
        bench(copy)


def test_the_command_says_what_it_found(copy: Path):
    done = run_cli("transfer", "--project", copy, "--json")
    assert done.code == 0
    told = json.loads(done.out)
    assert (told["new"], len(told["rows"]), told["left_out"]) == (0, 12, {})
    shown = run_cli("transfer", "mood", "--project", copy)
    assert shown.code == 0
    assert shown.out.splitlines()[1].split()[:2] == ["target", "alone"]
    assert "The next `taskatlas run` publishes it." in shown.out
    assert "0 of 4 scores to measure; 4 are there" in shown.err


@pytest.mark.parametrize("learner", ["lora", "prefix", "fisher"])
def test_other_learners_learn(tmp_path: Path, learner: str):
    folder = write_datasets(tmp_path / "project")
    change_card(folder / "atlas.yaml", transfers={**QUICK, "learner": learner, "seeds": 1})
    ingested(folder)
    one = bench(folder, "twin")
    one.measure()
    rows = by_pair(one.rows())
    assert {*rows} == {(source, "twin") for source in NAMES if source != "twin"}
    assert all(np.isfinite(row["value"]) for row in rows.values())


def _train(labels: list[str]) -> pa.Table:
    return pa.table({"text_id": [f"{at:03}" for at in range(len(labels))], "label": labels})


def test_each_class_is_among_the_few():
    labels = [*["positive"] * 97, *["negative"] * 3]
    for seed in range(5):
        few = few_of(dataset_card("a.csv"), _train(labels), 4, seed)
        assert few.num_rows == 4
        assert {*few["label"].to_pylist()} == {"negative", "positive"}
    drawn = {tuple(few_of(dataset_card("a.csv"), _train(labels), 4, seed)["text_id"].to_pylist()) for seed in range(5)}
    assert len(drawn) == 5, "each seed draws others"
    many = dataset_card("a.csv", labels=[str(at) for at in range(9)])
    assert few_of(many, _train([str(at % 9) for at in range(40)]), 4, 0).num_rows == 9

"""Damaged, empty, cut or missing parts: a run makes them anew, tells each in a line, and comes to what it had."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import taskatlas
from taskatlas.advice.adviser import Adviser
from taskatlas.errors import StoreError
from taskatlas.plan.ingestion import CHECKED
from taskatlas.plan.mending import mended
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.counted import counted
from taskatlas.stages.flags import flag_rows
from taskatlas.stages.gathered import gather
from taskatlas.stages.seed_check import seed_checks_of
from taskatlas.stages.validate import results_of
from taskatlas.store.parts import Parts
from taskatlas.store.reader import Reader
from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.notes import told
from tests.support.projects import sentences, write_recorded
from tests.support.stage_runs import keys, run_missing

Part = tuple[str, str, str]
"""Kind, key and suffix."""


def opened(folder: Path) -> Plan:
    return Plan(Project(folder))


def run(folder: Path) -> tuple[Plan, int]:
    """All stages as the atlas flow has them, mended, but for what a release does with the parts that it has read.

    Returns:
        The plan, and how often it was started over.
    """
    plan, turns = opened(folder), []

    def stages() -> None:
        turns.append(1)
        run_missing(plan)
        read_all(plan)

    mended(plan, stages)
    return plan, len(turns) - 1


def read_all(plan: Plan) -> dict[str, pa.Table]:
    """Every part that a release is put together from."""
    plan.require_vectors()
    plan.require_parts()
    results_of(plan.project.parts, plan.table_parts["quality"])
    tables = {name: gather(plan.project.parts, name, keys) for name, keys in plan.table_parts.items()}
    return {
        **plan.card_tables,
        "flags": flag_rows(plan, seed_checks_of(plan)),
        "counts": counted(plan),
        **tables,
    }


@pytest.fixture(scope="module")
def whole(finished: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished project with a subject that is flagged; do not change it."""
    folder = Path(shutil.copytree(finished.project.folder, tmp_path_factory.mktemp("mending") / "project"))
    texts = [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]
    write_recorded(folder, "constant", [{"text": text, "output": "positive"} for text in texts], min_coverage=0.5)
    assert run(folder)[1] == 0
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


# what is damaged


def _mood(plan: Plan) -> tuple[str, str, str]:
    text_set = plan.datasets["mood"]
    return text_set.rows, text_set.quality, text_set.examples


def _vector(plan: Plan, method: str = "student", entity: str = "enc/plain") -> str:
    return next(vector.key for vector in plan.space_plan(method).vectors if vector.entity == entity)


def _raw(plan: Plan) -> str:
    return next(str(each.raw_forecasts) for each in plan.space_plan("student").vectors if each.entity == "enc/plain")


def _features(plan: Plan) -> str:
    """The part that holds the corpus as the surrogate reads it, with all its layers."""
    parts = plan.project.parts
    wanted = set(parts.read("examples", plan.corpus.examples)["text_id"].to_pylist())
    whole = [key for key in parts.keys("features") if "-all-" in key]
    (key,) = (key for key in whole if wanted <= {*parts.read("features", key)["text_id"].to_pylist()})
    return key


def _probe(plan: Plan) -> str:
    (path,) = (plan.project.parts.root / "probes").glob("*.npz")
    return path.stem


FOUND: dict[str, Callable[[Plan], Part]] = {
    "rows": lambda plan: ("rows", _mood(plan)[0], ".parquet"),
    "good": lambda plan: ("good", _mood(plan)[1], ".parquet"),
    "quarantine": lambda plan: ("quarantine", _mood(plan)[1], ".parquet"),
    "quality": lambda plan: ("quality", _mood(plan)[1], ".parquet"),
    "examples": lambda plan: ("examples", _mood(plan)[2], ".parquet"),
    "features, arrays": lambda plan: ("features", _features(plan), ".npz"),
    "features, index": lambda plan: ("features", _features(plan), ".parquet"),
    "probes": lambda plan: ("probes", _probe(plan), ".npz"),
    "predictions": lambda plan: ("predictions", plan.answer_sets["enc"][0].key, ".parquet"),
    "scores": lambda plan: ("scores", next(each.scores for each in plan.all_answer_sets if each.scores), ".parquet"),
    "bases, arrays": lambda plan: ("bases", plan.spaces["crosscov"].space_id, ".npz"),
    "bases, manifest": lambda plan: ("bases", plan.spaces["crosscov"].space_id, ".parquet"),
    "embeddings": lambda plan: ("embeddings", _vector(plan), ".parquet"),
    "flags": lambda plan: ("flags", _vector(plan, "student", "constant"), ".parquet"),
    "raw_forecasts": lambda plan: ("raw_forecasts", _raw(plan), ".parquet"),
    "neighbors": lambda plan: ("neighbors", plan.neighbors["student"], ".parquet"),
    "forecasts": lambda plan: ("forecasts", plan.benchmark_work.forecasts, ".parquet"),
    "forecast_flags": lambda plan: ("forecast_flags", plan.benchmark_work.forecasts, ".parquet"),
    "benchmarks": lambda plan: ("benchmarks", plan.benchmark_work.key, ".parquet"),
    "recommendations": lambda plan: ("recommendations", plan.added_works[-1].key, ".parquet"),
}
"""One part of each kind, and of each of its files."""
VECTORS = ("embeddings", "flags", "raw_forecasts")
MADE_FROM: dict[str, tuple[str, ...]] = {
    "rows": CHECKED,
    "good": ("examples",),
    "quarantine": ("examples",),
    "examples": ("predictions", "scores", *VECTORS),
    "features": ("probes", "predictions", "scores", *VECTORS),
    "probes": ("predictions", "scores"),
    "predictions": VECTORS,
    "bases": VECTORS,
    "embeddings": ("neighbors", "benchmarks"),
    "raw_forecasts": ("forecasts", "benchmarks"),
    "scores": ("forecasts", "benchmarks"),
    "forecasts": ("benchmarks",),
    "forecast_flags": ("recommendations",),
}
"""What is dropped, all of it, so that a part of the kind is needed again; a release needs all others."""
DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "garbage": lambda path: (path.write_bytes(b"\x8a" * path.stat().st_size), os.utime(path, ns=(0, 0))),
    "missing": lambda path: path.unlink(),
}
"""Garbage comes from the disk, and leaves the time of the file as it was: it is found where the part is needed."""


def drop(parts: Parts, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        shutil.rmtree(parts.root / kind)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("what", FOUND)
def test_a_part_that_cannot_be_read_is_made_anew(what: str, damage: str, copy: Path):
    plan = opened(copy)
    before, parts = keys(plan), plan.project.parts
    kind, key, suffix = FOUND[what](plan)
    path = parts.path(kind, key, suffix)
    known = None if suffix == ".npz" else parts.read(kind, key)
    drop(parts, MADE_FROM.get(kind, ()))
    DAMAGES[damage](path)
    with told() as lines:
        after, turns = run(copy)
    assert keys(after) == before
    if damage in {"cut", "garbage"}:
        assert lines == [f"the part {kind}/{path.name} was damaged and is set aside: it is made anew"]
        assert (copy / "warehouse" / "damaged" / f"{kind}-{path.name}").stat().st_size > 0, "it is not lost"
    elif damage == "empty":
        assert lines == [f"the part {kind}/{path.name} was empty and is set aside: it is made anew"]
    else:  # a missing file may count as work that was never done
        assert len(lines) <= 1
        assert all(line.startswith(f"the part {kind}/{path.name} ") for line in lines)
    assert turns == (0 if damage in {"empty", "cut"} else len(lines))
    assert parts.has(kind, key, suffix), "it is there again"
    if known is not None:
        assert parts.read(kind, key).num_rows == known.num_rows
        assert parts.read(kind, key).schema.equals(known.schema)
    if kind in {"rows", "good", "quarantine", "quality", "examples"}:
        assert parts.read(kind, key).equals(known)
    # and it is whole: nothing is told any more, and nothing is made
    there = {each: each.stat().st_mtime_ns for each in parts.root.rglob("*")}
    with told() as lines:
        assert run(copy)[1] == 0
    assert lines == []
    assert {each: each.stat().st_mtime_ns for each in parts.root.rglob("*")} == there


@pytest.mark.parametrize("kind", ["predictions", "embeddings", "examples", "features"])
def test_many_damaged_parts_of_a_kind_are_mended_in_one_go(kind: str, copy: Path):
    plan = opened(copy)
    before, parts = keys(plan), plan.project.parts
    names = {path.name for path in (parts.root / kind).glob("*.parquet")}
    assert len(names) > 2
    drop(parts, MADE_FROM[kind])
    for place, name in enumerate(sorted(names)):
        DAMAGES["garbage" if place % 2 else "cut"](parts.root / kind / name)
    with told() as lines:
        after, turns = run(copy)
    assert turns == 1
    assert len(lines) == len(set(lines)) == len(names)
    assert {re.split(r"[ /]", line)[3].removesuffix(".parquet") for line in lines} == {
        Path(name).stem for name in names
    }
    assert all(line.endswith("damaged and is set aside: it is made anew") for line in lines)
    assert keys(after) == before


def test_a_part_that_is_damaged_as_soon_as_it_is_made_ends_the_run(copy: Path, monkeypatch: pytest.MonkeyPatch):
    plan = opened(copy)
    _, quality, _ = _mood(plan)
    path, write = plan.project.parts.path("good", quality), Parts.write

    def spoilt(self: Parts, kind: str, key: str, *given: object, **named: object) -> None:
        write(self, kind, key, *given, **named)  # type: ignore[arg-type]
        if (kind, key) == ("good", quality):
            path.write_bytes(b"garbage")

    monkeypatch.setattr(Parts, "write", spoilt)
    drop(plan.project.parts, ("examples",))
    path.write_bytes(b"garbage")
    with pytest.raises(StoreError, match=rf"the part good/{quality}\.parquet was damaged and is set aside"):
        run(copy)


# bases with which vectors were published


@pytest.fixture(scope="module")
def published_whole(whole: Path, tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Path:
    """The project with release v1; do not change it."""
    from taskatlas.flows.atlas import atlas

    folder = Path(shutil.copytree(whole, tmp_path_factory.mktemp("mending") / "published"))
    result = atlas(project=str(folder), device="cpu")
    assert (result["release"], result["computed"]) == ("v1", 0)
    return folder


@pytest.fixture
def released(published_whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_whole, tmp_path / "released"))


def lose_basis(folder: Path, damage: str, suffix: str = ".npz") -> str:
    """The name of the space whose basis is lost."""
    plan = opened(folder)
    space = plan.spaces["crosscov"]
    DAMAGES[damage](plan.project.parts.path("bases", space.space_id, suffix))
    return space.name


def another_corpus(folder: Path) -> None:
    with (folder / "data/web.jsonl").open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"text": text}) + "\n" for text in sentences(12, 99, ["great", "cruel"]))


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_same_corpus_gives_a_published_basis_again(released: Path, damage: str):
    plan = opened(released)
    before, basis_id = keys(plan), plan.basis_id("crosscov")
    stamps = {path: path.stat().st_mtime_ns for path in (plan.project.parts.root / "embeddings").iterdir()}
    lose_basis(released, damage)
    if damage in {"cut", "garbage"}:  # else it is not looked at
        change_card(released / "prompts/warm.yaml", answer="it was {{ choice }}")
    after, _ = run(released)
    assert after.basis_id("crosscov") == basis_id
    if damage in {"empty", "missing"}:
        assert keys(after) == before
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items()), "all vectors are still good"


@pytest.mark.parametrize(("damage", "suffix"), [("missing", ".npz"), ("cut", ".npz"), ("garbage", ".parquet")])
def test_another_corpus_does_not_and_the_advice_works(released: Path, damage: str, suffix: str):
    basis_id = opened(released).basis_id("crosscov")
    published = taskatlas.open(released).sql("SELECT entity, vector FROM embeddings ORDER BY space, entity").to_pylist()
    another_corpus(released)
    space = lose_basis(released, damage, suffix)
    for _ in range(2):  # however often it is tried
        with pytest.raises(StoreError) as raised:
            run(released)
        assert f"the basis of the space {space} is lost" in raised.value.what
        assert "vectors that were published were made with it" in raised.value.what
        assert "could not be compared" in raised.value.what
        assert raised.value.where.endswith(f"{opened(released).spaces['crosscov'].space_id}.npz")
        assert "put it back from a backup" in raised.value.todo
    (advice,) = re.findall(r"`taskatlas (.*?)`", raised.value.todo)
    assert advice == f"invalidate {space}"
    done = run_cli(*advice.split(), "--project", released, "--json")
    assert (done.code, done.err) == (0, "")
    after, _ = run(released)
    assert after.basis_id("crosscov") != basis_id
    assert after.renewed_spaces, "until vectors of the new one are published, it may be lost and made again"
    assert set(after.vectors) == {"text", "crosscov", "student"}
    # what was published is as it was
    found = taskatlas.open(released).sql('SELECT entity, vector FROM "embeddings@v1" ORDER BY space, entity')
    assert found.to_pylist() == published


def test_a_basis_from_a_backup_is_as_good_as_it_was(released: Path, tmp_path: Path):
    basis_id, space_id = opened(released).basis_id("crosscov"), opened(released).spaces["crosscov"].space_id
    backup = Path(shutil.copytree(released / "warehouse/parts/bases", tmp_path / "backup"))
    another_corpus(released)
    lose_basis(released, "missing")
    with pytest.raises(StoreError, match=r"Put it back from a backup"):
        run(released)
    for path in backup.glob(f"{space_id}.*"):
        shutil.copy(path, released / "warehouse/parts/bases")
    assert run(released)[0].basis_id("crosscov") == basis_id


def test_a_space_that_was_never_published_is_begun_with_the_corpus_as_it_is(copy: Path):
    basis_id = opened(copy).basis_id("crosscov")
    another_corpus(copy)
    lose_basis(copy, "missing")
    assert run(copy)[0].basis_id("crosscov") != basis_id


# the atlas flow itself, through the command line


def test_a_run_tells_what_it_mends_and_publishes(released: Path, prefect_server: str):
    plan = opened(released)
    # where one of quality, quarantine and good is made anew, all three are
    read = ("quality", "examples", "predictions", "scores", "embeddings", "flags", "neighbors")
    paths = []
    for name in (*read, "forecasts", "benchmarks"):
        kind, key, suffix = FOUND[name](plan)
        paths.append(plan.project.parts.path(kind, key, suffix))
        DAMAGES["cut"](paths[-1])
    change_card(released / "datasets/mood.yaml", description="Other words.")
    done = run_cli("run", "--project", released, "--device", "cpu")
    assert done.code == 0, done.err
    said = (done.out + done.err).splitlines()
    for path in paths:
        line = f"the part {path.parent.name}/{path.name} was damaged and is set aside: it is made anew"
        assert said.count(line) == 1, line
    assert len([line for line in said if "set aside" in line]) == len(paths)
    assert taskatlas.open(released).releases()["release"].to_pylist() == ["v1", "v2"]
    same = 'SELECT count(*) AS n FROM (FROM "predictions@v1" EXCEPT FROM predictions)'
    assert taskatlas.open(released).sql(same)["n"][0].as_py() == 0
    with told() as lines:
        run(released)
    assert lines == []


def test_a_run_in_which_nothing_is_new_mends_what_was_cut_since_the_last(released: Path, prefect_server: str):
    publishing = ("run", "--project", released, "--device", "cpu")
    assert run_cli(*publishing).code == 0  # writes down when it ended
    plan = opened(released)
    paths = [plan.project.parts.path(*FOUND[name](plan)) for name in ("rows", "probes", "predictions", "raw_forecasts")]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        DAMAGES["cut"](path)
    done = run_cli(*publishing)
    assert done.code == 0, done.err
    for path in paths:
        assert f"the part {path.parent.name}/{path.name} was damaged and is set aside: it is made anew" in done.out
    assert taskatlas.open(released).releases()["release"].to_pylist() == ["v1"]
    made = [path.read_bytes() for path, was in zip(paths, before, strict=True) if path.exists() and was]
    assert len(made) == 3, "the probe is not needed, and is fitted again when it is"


@pytest.mark.parametrize("damage", ["empty", "cut"])
def test_a_damaged_result_of_the_expectations_is_asked_for_again(released: Path, prefect_server: str, damage: str):
    for path in (released / "warehouse/parts/table_checks").iterdir():
        DAMAGES[damage](path)
    change_card(released / "datasets/mood.yaml", description="Other words.")
    done = run_cli("run", "--project", released, "--device", "cpu")
    assert done.code == 0, done.err
    assert taskatlas.open(released).releases()["release"].to_pylist() == ["v1", "v2"]
    assert taskatlas.open(released).sql("SELECT bool_and(success OR table_name = 'embeddings') AS good FROM quality")[
        "good"
    ].to_pylist() == [True]


# what advice on one's own texts says where it misses a basis


def rebase(path: Path) -> None:
    arrays = dict(np.load(path))
    np.savez(path, **{**arrays, "input_mean": arrays["input_mean"] + 1})


@pytest.mark.parametrize("lose", [Path.unlink, np.savez, rebase])
@pytest.mark.parametrize("same_corpus", [True, False])
def test_what_is_said_to_do_about_a_lost_basis_helps(
    released: Path, prefect_server: str, lose: Callable[[Path], object], same_corpus: bool
):
    reader = Reader(released / "warehouse/catalog.duckdb")
    space = opened(released).spaces["crosscov"]
    lose(opened(released).project.parts.path("bases", space.space_id, ".npz"))
    if not same_corpus:
        another_corpus(released)
    with pytest.raises(StoreError) as raised:
        Adviser.of(released, reader, "cpu")
    advice = re.findall(r"`taskatlas (.*?)`", raised.value.todo)
    again = ["run", f"invalidate {space.name}", "run"]
    assert advice == (again if lose is Path.unlink else again[1:])
    if lose is Path.unlink and same_corpus:
        advice = advice[:1]
    for command in advice:
        done = run_cli(*command.split(), "--project", released)
        if done.code:
            assert (command, advice.index(command), same_corpus) == ("run", 0, False)
            assert f"the basis of the space {space.name} is lost" in done.err
    assert done.code == 0
    assert Adviser.of(released, reader, "cpu").spaces.keys() == {"text", "crosscov", "student"}

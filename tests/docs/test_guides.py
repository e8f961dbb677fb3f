"""Each guide, followed word for word in a copy of the repository, makes what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import taskatlas
from taskatlas.flows.atlas import atlas
from taskatlas.store.reader import Reader
from tests.support.cards import change_card
from tests.support.guides import GUIDES, Copy, blocks_of
from tests.support.places import ROOT
from tests.support.projects import sentences, write_project, write_rows

FOLLOWED = {"add-a-method", "add-a-kind", "add-a-column", "add-a-stage", "add-a-command"}


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of the repository for one guide."""
    return Copy.into(tmp_path)


@pytest.fixture
def project(copy: Copy) -> Path:
    """The made-up project under the name that guides use."""
    folder = write_project(copy.folder / "my-atlas")
    change_card(folder / "atlas.yaml", methods=["crosscov"])
    return folder


def test_every_guide_is_followed_and_listed():
    assert {path.stem for path in GUIDES.glob("*.md")} == {*FOLLOWED, "index"}
    listed = (GUIDES / "index.md").read_text(encoding="utf-8")
    assert all(f"({guide}.md)" in listed for guide in FOLLOWED)


def test_what_is_not_there_cannot_be_changed(copy: Copy):
    (copy.folder / "schemas" / "tables.py").write_text("")
    with pytest.raises(AssertionError, match=r"schemas/tables\.py has 0 times"):
        copy.follow("add-a-column")


@pytest.mark.usefixtures("prefect_server")
def test_add_a_method(copy: Copy, project: Path):
    printed = [copy.type(command) for command in copy.follow("add-a-method")]
    assert "gains" in printed[-1]
    found = taskatlas.open(project)
    assert found.sql("SELECT method, dim FROM spaces").to_pylist() == [
        {"method": "gains", "dim": 2 * 2 * 16}  # two layers with two normalisations each
    ]
    vectors = found.embeddings(method="gains")
    assert set(vectors.names) == {"feel", "mood", "enc/plain", "enc/warm", "probe"}
    assert (vectors.to_numpy() != 0).any(axis=1).all()


@pytest.mark.usefixtures("prefect_server")
def test_add_a_kind(copy: Copy, project: Path):
    texts = [text.upper() if place % 3 == 0 else text for place, text in enumerate(sentences(60, 9))]
    write_rows(project, "web", ({"text": text} for text in texts))
    printed = [copy.type(command) for command in copy.follow("add-a-kind")]
    assert printed[-1].split() == ["label", "n", "calm", "40", "shouted", "20"]
    subject = "SELECT output_kind, labels FROM subjects WHERE subject = 'loud'"
    assert taskatlas.open(project).sql(subject).to_pylist() == [
        {"output_kind": "classes", "labels": ["calm", "shouted"]}
    ]


def test_the_kind_is_the_example():
    files = {block.path: block.text for block in blocks_of("add-a-kind") if block.language in {"python", "toml"}}
    assert files == {
        f"shouting/{path.name}": path.read_text(encoding="utf-8")
        for path in (ROOT / "examples" / "shouting").iterdir()
        if path.is_file()
    }


def test_add_a_column(copy: Copy, project: Path, prefect_server: str):
    change_card(project / "prompts/warm.yaml", system="Be warm.")
    assert atlas(project=str(project), device="cpu")["release"] == "v1"
    of_parts = {path: path.stat().st_mtime_ns for path in (project / "warehouse/parts/predictions").iterdir()}
    printed = [copy.type(command) for command in copy.follow("add-a-column")]
    assert " passed" in printed[1]
    assert "skipped" not in printed[1]
    line = "| `system` | string | yes | What a chat is told before the input; null: nothing. |"
    assert line in (copy.folder / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    asked = "from taskatlas.schemas.tables import TABLES as t; print(t['prompts'].schema.field('system').nullable)"
    assert copy.type(f'python -c "{asked}"') == "True\n"
    assert ["warm", "Be", "warm."] in [line.split() for line in printed[-1].splitlines()]
    catalog = project / "warehouse" / "catalog.duckdb"
    for reader, table in ((Reader(catalog), '"prompts@v1"'), (Reader(catalog, "v1"), "prompts")):
        older = reader.sql(f"SELECT prompt, system FROM {table} ORDER BY prompt").to_pylist()
        assert older == [{"prompt": "plain", "system": None}, {"prompt": "warm", "system": None}]
    releases = taskatlas.open(project).releases().to_pylist()
    assert [row["release"] for row in releases] == ["v1", "v2"]
    assert releases[0]["release_id"] != releases[1]["release_id"]
    made = {path: path.stat().st_mtime_ns for path in (project / "warehouse/parts/predictions").iterdir()}
    assert made == of_parts, "a column alone computes nothing"


def test_add_a_command(copy: Copy, project: Path, prefect_server: str):
    assert atlas(project=str(project), device="cpu")["release"] == "v1"
    printed = [copy.type(command) for command in copy.follow("add-a-command")]
    assert printed[-2].split()[:4] == ["space", "method", "surrogate", "dim"]
    (row,) = json.loads(printed[-1])
    assert (row["method"], row["surrogate"], row["dim"]) == ("crosscov", "tiny", 8 * 4)
    assert "List the spaces of the newest release" in copy.type("taskatlas spaces --help")


def test_add_a_stage(copy: Copy, project: Path, prefect_server: str):
    assert atlas(project=str(project), device="cpu")["release"] == "v1"
    printed = [copy.type(command) for command in copy.follow("add-a-stage")]
    assert "the result is release v1" in printed[-2] or "Nothing has changed since release v1" in printed[-2]
    assert ["agree", "agreement", "1", "0"] in [line.split() for line in printed[-1].splitlines()]
    (part,) = (project / "warehouse" / "parts" / "agreement").glob("*.parquet")
    rows = pq.read_table(part).to_pylist()
    assert {(row["subject"], row["other"]) for row in rows} >= {("enc/plain", "enc/warm"), ("enc/plain", "probe")}
    assert all(0 <= row["agreement"] <= 1 and row["n"] >= 60 for row in rows)
    made = part.stat().st_mtime_ns
    assert copy.type("taskatlas run --project my-atlas")
    assert part.stat().st_mtime_ns == made, "it is found again"
    part.write_bytes(b"")
    assert "agreement" in copy.type("taskatlas run --project my-atlas")
    assert pq.read_table(part).to_pylist() == rows, "and made anew where it was damaged"

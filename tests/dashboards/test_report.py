"""The report: one file that shows a release, whatever its names, and asks nothing of anyone."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest

from taskatlas.dashboards import report
from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.store.reader import Reader
from tests.support.command_line import run_cli
from tests.support.releases import AWKWARD, publish, tables
from tests.support.tables import empty, rows

LOADS = {"script", "link", "iframe", "object", "embed", "base", "form", "video", "audio", "source"}
COLUMNS = 28
"""Of the query choose_subjects."""
ADDRESS = re.compile(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!data:|#)([a-z]+:|//)", re.IGNORECASE)


class Seen(HTMLParser):
    """What a browser makes of a report: its tags with their attributes, and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[list[str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.cells.append([])
        if tag == "td":
            self.cells[-1].append("")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.tags and self.tags[-1][0] == "td":
            self.cells[-1][-1] += data


@pytest.fixture(scope="module")
def written(project: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("report") / "new" / "report.html"
    assert report.write(project, file) == "v2"
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]
    return file.read_text(encoding="utf-8")


def images(text: str) -> list[str]:
    encoded = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', text)
    return [base64.b64decode(each).decode() for each in encoded]


def test_it_asks_nothing_of_anyone(written: str):
    seen = Seen(written)
    assert not LOADS & {tag for tag, _ in seen.tags}
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]
    assert not ADDRESS.search(written)
    policy = next(
        attributes for _, attributes in seen.tags if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert str(policy["content"]).startswith("default-src 'none'; img-src data:;")
    for image in images(written):
        assert "<script" not in image
        assert not ADDRESS.search(image)


def test_names_are_shown_as_they_are(written: str):
    seen = Seen(written)
    cells = {cell for row in seen.cells for cell in row}
    for name in AWKWARD:
        assert f"{name} dataset" in cells
        assert f"{name} subject" in cells
    assert "<script>alert(1)</script>" not in written


def test_its_numbers_are_those_of_sql(written: str, project: Path):
    reader = Reader(project / "warehouse" / "catalog.duckdb")
    seen = Seen(written)
    cells_of = {(cells[1], cells[8], cells[9]) for cells in seen.cells if len(cells) == COLUMNS}
    for row in reader.sql("FROM recommendations WHERE question = 'prompt'").to_pylist():
        assert (row["candidate"], f"{row['expected']:.3f}", f"{row['low']:.3f}") in cells_of
    benchmarks = {tuple(cells[:4]) for cells in seen.cells if len(cells) == 13}
    for row in reader.sql("FROM benchmarks").to_pylist():
        assert (row["benchmark"], row["metric"], row["method"], f"{row['value']:.3f}") in benchmarks


def test_every_figure_is_a_picture_with_a_description(written: str, project: Path):
    counts = "SELECT count(DISTINCT r.dataset) AS d, (SELECT count(*) FROM spaces) AS s FROM recommendations AS r"
    (row,) = Reader(project / "warehouse" / "catalog.duckdb").sql(counts).to_pylist()
    pictures = images(written)
    assert len(pictures) == row["d"] + row["s"] + 3
    assert all(ElementTree.fromstring(image).tag.endswith("svg") for image in pictures)
    about = [attributes["alt"] for tag, attributes in Seen(written).tags if tag == "img"]
    assert len(about) == len(pictures)
    assert all(about)


def test_an_older_release(project: Path, tmp_path: Path):
    assert report.write(project, tmp_path / "old.html", "v1") == "v1"
    text = (tmp_path / "old.html").read_text(encoding="utf-8")
    assert "<h1>made, release v1</h1>" in text
    assert "This is the first release." in text
    best = "SELECT max(expected) FROM recommendations WHERE question = 'prompt'"
    catalog = project / "warehouse" / "catalog.duckdb"
    old, new = (f"{Reader(catalog, name).sql(best)[0][0].as_py():.3f}" for name in ("v1", "v2"))
    assert old != new
    assert f">{old}<" in text
    assert f">{new}<" not in text


def test_a_release_without_a_row(empty_project: Path, tmp_path: Path):
    report.write(empty_project, tmp_path / "empty.html")
    text = (tmp_path / "empty.html").read_text(encoding="utf-8")
    for notice in ("Nothing is degraded.", "Nothing is recommended", "This release has no map", "has no benchmarks"):
        assert notice in text
    assert not images(text)


def test_many_rows_are_cut_and_no_number_is_a_dash(tmp_path: Path):
    pair = {"question": "prompt", "dataset": "d", "metric": "accuracy", "low": 0.1, "high": 0.9, "verdict": "worse"}
    made = [pair | {"candidate": f"s{i:03}", "subject": f"s{i:03}", "rank": i + 1, "measured": None} for i in range(60)]
    made[0] |= {"verdict": "best", "measured": 0.25}
    content = {"datasets": rows("datasets", {"dataset": "d"}), "recommendations": rows("recommendations", *made)}
    publish(tmp_path, empty() | content, "one")
    report.write(tmp_path, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    listed = [cells for cells in Seen(text).cells if len(cells) == COLUMNS]
    assert [cells[1] for cells in listed] == [f"s{i:03}" for i in range(50)]
    assert "These are the first 50 of 60 rows" in text
    assert [cells[11] for cells in listed[:2]] == ["0.250", "–"]


def test_a_flag_is_counted(tmp_path: Path):
    one = empty() | {"quarantine": rows("quarantine", {"origin": "d"})}
    publish(tmp_path, one, "one")
    report.write(tmp_path, tmp_path / "report.html")
    assert "Something is degraded: 1 point, below." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_what_cannot_be_written_leaves_nothing(project: Path, tmp_path: Path):
    (tmp_path / "file").write_text("kept")
    for output, fault in (
        (tmp_path, "is a folder"),
        (Path("/"), "is a folder"),
        (tmp_path / "file" / "report.html", "cannot be written"),
        (tmp_path / f"{'long' * 100}.html", "cannot be written"),
    ):
        with pytest.raises(StoreError, match=fault):
            report.write(project, output)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


def test_a_report_is_replaced_whole(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "report.html"
    file.write_text("the last one")

    def full(self: Path, *args: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match="No space left on device"):
        report.write(project, file)
    monkeypatch.undo()
    assert file.read_text() == "the last one"
    assert list(tmp_path.iterdir()) == [file]


def test_the_command(project: Path, tmp_path: Path):
    file = tmp_path / "report.html"
    done = run_cli("report", "-p", project, "--output", file, "--release", "v1")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"Release v1 is in {file}.\n"
    assert "release v1</h1>" in file.read_text(encoding="utf-8")
    for options, fault in (
        (["--output", tmp_path], "is a folder"),
        (["--output", file, "--release", "v9"], "v9"),
    ):
        failed = run_cli("report", "-p", project, *options)
        assert (failed.code, failed.out) == (2, "")
        assert failed.err.startswith("error: ")
        assert failed.err.count("\n") == 1
        assert fault in failed.err


def test_no_release_yet(tmp_path: Path):
    (tmp_path / "atlas.yaml").write_text("name: made\ndescription: None\ncorpus: web\nsurrogate: mini\n")
    with pytest.raises(StoreError, match="there is no release yet"):
        report.write(tmp_path, tmp_path / "report.html")
    publish(tmp_path, tables(), "one")
    with pytest.raises(UnknownNameError):
        report.write(tmp_path, tmp_path / "report.html", "newest-ish")
    assert not (tmp_path / "report.html").exists()


def test_cells():
    values = [None, float("nan"), 0.12345, 12345, True, "a_b", pa.scalar(1).as_py()]
    assert [report._cell(value) for value in values] == ["–", "–", "0.123", "12,345", "yes", "a_b", "1"]

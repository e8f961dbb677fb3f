"""One ranking everywhere: the view, the command, the summary, the report, the page and the run's note say the same."""

from __future__ import annotations

import html
import io
from pathlib import Path

import pytest
from rich.console import Console

import taskatlas
from taskatlas.cli.summary import print_summary
from taskatlas.dashboards import report
from taskatlas.dashboards.figures import escape
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.project.folders import ProjectFolders
from taskatlas.recommend.words import is_worth_using
from taskatlas.stages.recommendations import first_choices
from tests.support.command_line import run_cli

DATASETS = ("cafe_reviews", "gadget_reviews", "scene_pairs", "ticket_urgency")
COUNTS = dict.fromkeys(("datasets", "subjects", "corpus_texts", "spaces", "quarantined"), 1)


@pytest.fixture(scope="module")
def told(published: Path) -> dict[str, str]:
    """What Python says of each dataset."""
    atlas = taskatlas.open(published)
    return {name: atlas.recommend("prompt", name).text for name in DATASETS}


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_first_of_the_view_is_what_is_named(published: Path, told: dict[str, str]):
    query = "FROM recommendations WHERE question = 'prompt' AND rank = 1"
    rows = {row["dataset"]: row for row in taskatlas.open(published).sql(query).to_pylist()}
    assert rows.keys() == set(DATASETS) - {"scene_pairs"}
    for name, row in rows.items():
        assert row["candidate"] in told[name]
        assert told[name].startswith("use ") == (row["verdict"] == "best") == is_worth_using([row])


def test_the_summary(published: Path, told: dict[str, str]):
    result = {"release": "v1", "created": True, "computed": 1, "counts": COUNTS, "datasets": list(DATASETS)}
    out = io.StringIO()
    print_summary(
        Console(file=out, width=80), ProjectFolders(published), {**result, "seconds": 1.0, "server_seconds": 0.0}
    )
    assert all(f"choose {text}" in one_line(out.getvalue()) for text in told.values())


def test_the_command(published: Path, told: dict[str, str]):
    for name, text in told.items():
        said = one_line(run_cli("recommend", "prompt", name, "-p", published).out)
        assert said.startswith(f"{text[:1].upper()}{text[1:]}.")


def test_the_report(published: Path, told: dict[str, str], tmp_path: Path):
    report.write(published, tmp_path / "report.html")
    written = html.unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert all(f"<b>{name}</b>: {text}." in written for name, text in told.items())


def test_the_page(published: Path, told: dict[str, str], draw):
    page = draw("choose", published)
    for name, text in told.items():
        page.selectbox(key="dataset").set_value(name).run()
        said = [found.value for found in (*page.success, *page.warning, *page.info)]
        assert any(escape(text)[1:] in line or text in line for line in said)
        assert bool(page.success) == text.startswith("use ")


def test_the_note_of_the_run(published: Path, told: dict[str, str]):
    assert first_choices(Plan(Project(published))) == told

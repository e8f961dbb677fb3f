"""From a table of labelled rows, prompts and a server to a recommendation: four commands, and no card is edited."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Result, run_cli
from tests.support.endpoint import Body, Handler, Server, running, says, text_of
from tests.support.places import ROOT
from tests.support.projects import write_file

GADGETS = ROOT / "taskatlas" / "starter" / "data" / "gadget_reviews.csv"
ASKS, GOES_ON = "Was the customer happy? {{text}}", "{{text}} And that was all."


@pytest.fixture(scope="module")
def rows() -> dict[str, str]:
    """Text → its right label."""
    with GADGETS.open(encoding="utf-8", newline="") as file:
        return {row["text"]: row["label"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def server(rows: dict[str, str]) -> Iterator[Server]:
    """A server that answers right where it is asked, and anything else by the same word."""

    def answer(handler: Handler, body: Body) -> None:
        asked = text_of(body)
        says(rows.get(asked.removeprefix(ASKS.removesuffix("{{text}}")), "positive"))(handler, body)

    with running() as server:
        server.usual = answer
        yield server


@pytest.fixture(scope="module")
def way(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, str], server: Server, prefect_server: str
) -> tuple[Path, list[Result]]:
    """The project after the four commands, and what each printed."""
    folder = tmp_path_factory.mktemp("way")
    lines = [";".join(("Nr", "Review", "Sentiment")), *(f'{at};"{text}";{rows[text]}' for at, text in enumerate(rows))]
    reviews = write_file(folder, "reviews.csv", "\r\n".join(lines).encode("windows-1252"))
    prompts = write_file(folder, "prompts.csv", f"name,prompt\nasks,{ASKS}\ngoes-on,{GOES_ON}\n")
    project = folder / "my-atlas"
    commands: list[list[object]] = [
        ["add", "dataset", reviews],
        ["add", "endpoint", server.url],
        ["import", "prompts", prompts, "--dataset", "reviews"],
        ["run", "--device", "cpu"],
    ]
    return project, [run_cli(*command, "--project", project) for command in commands]


def test_every_command_does_what_it_says(way: tuple[Path, list[Result]]):
    _, (dataset, endpoint, prompts, run) = way
    assert [(each.code, each.err) for each in (dataset, endpoint, prompts, run)] == [(0, "")] * 4
    assert dataset.out.startswith("A project is begun in ")
    assert "label     Sentiment, as labels are called (--label)" in dataset.out
    assert "model     tiny, the one that it has (--model)" in endpoint.out
    assert "requests  a run sends 816 corpus texts for each prompt, and up to 300 test texts" in endpoint.out
    assert "2 imported, 0 there already, 0 left out." in prompts.out


def test_the_recommendation_names_the_better_prompt(way: tuple[Path, list[Result]]):
    project, (*_, run) = way
    (chosen,) = (line for line in run.out.splitlines() if line.startswith("  choose "))
    assert "tiny/asks" in chosen
    assert "measured 1.00" in chosen
    again = run_cli("recommend", "prompt", "reviews", "--project", project)
    assert "tiny/asks" in again.out


def test_no_card_was_edited_and_every_question_was_asked_once(way: tuple[Path, list[Result]], server: Server):
    project, _ = way
    cards = {path.relative_to(project).as_posix() for path in project.rglob("*.yaml")} - {"atlas.yaml"}
    assert {card.partition("/")[0] for card in cards} == {"corpora", "surrogates", "datasets", "models", "prompts"}
    assert len(cards) == 6
    assert len(set(server.texts())) == len(server.texts()) > 1_000

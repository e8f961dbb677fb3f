"""`taskatlas import` as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from taskatlas.cli.app import app
from taskatlas.registry.load import load
from tests.support.command_line import run_cli
from tests.support.imported_files import definitions, harness, one, template, templates, write_json


@pytest.mark.parametrize("command", ["prompts", "instructions", "tasks", "scores", "transfers"])
def test_help_has_an_example(command: str):
    result = run_cli("import", command, "--help")
    text = " ".join(result.out.split())
    assert (result.code, result.err) == (0, "")
    assert f"Example: taskatlas import {command} " in text
    assert "--project" in text
    assert "--json" in text
    commands = typer.main.get_command(app).commands["import"].commands  # type: ignore[attr-defined]
    assert sorted(commands) == ["instructions", "prompts", "scores", "tasks", "transfers"]


def test_prompts(project: Path, tmp_path: Path):
    sheet, test = tmp_path / "templates.yaml", tmp_path / "test.yaml"
    sheet.write_text(
        templates(
            template(),
            template("Title {{review}} ||| {{title}}", None, "free [bold]text", "k-2"),
            template(choices=None, key="k-3"),
        )
    )
    test.write_text(harness())
    done = run_cli("import", "prompts", sheet, test, "--project", project)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "imported       prompts/corner_shop-happy-note.yaml  (guessed: text is review; labels: no → no, yes → yes)",
        "imported       prompts/corner_shop-free-bold-text.yaml  (free text; guessed: text is review)",
        f"left out       {sheet}: happy note  (it names answer_choices and has none)",
        "imported       prompts/corner-shop-2024-shop_notes.yaml  (guessed: text is note; labels: no → no, yes → yes)",
        "3 imported, 0 there already, 1 left out.",
        "note prompts/corner_shop-free-bold-text.yaml: no model is asked by it: it has no choices, and the model "
        "minilm chooses. Change the prompt, or add a model that takes it",
    ]
    assert {"corner_shop-happy-note", "corner-shop-2024-shop_notes"} <= set(load(project).prompts)
    assert run_cli("status", "--project", project).code == 0


def test_prompts_with_every_option(project: Path, tmp_path: Path):
    sheet = tmp_path / "templates.yaml"
    sheet.write_text(one("{{b}} {{a}} ||| {{answer_choices[label]}}"))
    options = ["--text", "a", "--text-pair", "b", "--labels", "bad, good", "--family", "sentiment"]
    done = run_cli("import", "prompts", sheet, "-p", project, *options, "--json")
    assert json.loads(done.out) == [
        {
            "file": str(sheet),
            "title": "happy note",
            "state": "imported",
            "card": "prompts/corner_shop-happy-note.yaml",
            "note": "labels: bad → no, good → yes",
            "reason": None,
        }
    ]
    card = load(project).prompts["corner_shop-happy-note"]
    assert (card.template, list(card.choices), card.families) == (
        "{{text_pair}} {{text}}",
        ["bad", "good"],
        ("sentiment",),
    )
    assert run_cli("import", "prompts", sheet, "-p", project, *options).code == 0


def test_instructions(project: Path, tmp_path: Path):
    file = write_json(tmp_path, definitions())
    done = run_cli("import", "instructions", file, "--project", project, "--family", "sentiment", "--limit", "50")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "imported       datasets/shop_mood.yaml  (50 rows, 2 labels; left out: 10 beyond --limit)",
        "imported       prompts/shop_mood-instruction.yaml",
        "imported       prompts/shop_mood-plain.yaml",
        "imported       prompts/shop_mood-examples.yaml  (positive examples: 1)",
        "4 imported, 0 there already, 0 left out.",
        "note prompts/shop_mood-examples.yaml: its demonstrations are never shown, as no model here shows any. "
        "Add a language model or an endpoint, or take demonstrations from the card",
    ]
    assert load(project).datasets["shop_mood"].family == "sentiment"
    rows = json.loads(run_cli("import", "instructions", file, "-p", project, "--json").out)
    assert [(row["state"], row["card"]) for row in rows] == [("left out", None)]
    assert rows[0]["note"].endswith("another file is in its place")
    assert rows[0]["reason"] == "data/shop_mood.jsonl: another file is in its place"


def test_a_file_alone_says_what_it_is(project: Path, tmp_path: Path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "table.csv").write_text("name,template,choices\nmood,Is {text} good?,no|yes\n")
    write_json(tmp_path / "theirs", definitions())
    done = run_cli("import", tmp_path / "theirs", "--project", project)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "imported       datasets/shop_mood.yaml  (60 rows, 2 labels)",
        "imported       prompts/shop_mood-instruction.yaml",
        "imported       prompts/shop_mood-plain.yaml",
        "imported       prompts/shop_mood-examples.yaml  (positive examples: 1)",
        "imported       prompts/mood.yaml  (labels: no → no, yes → yes)",
        "5 imported, 0 there already, 0 left out.",
        "note prompts/shop_mood-examples.yaml: its demonstrations are never shown, as no model here shows any. "
        "Add a language model or an endpoint, or take demonstrations from the card",
    ]
    again = run_cli("import", "--labels", "negative,positive", "--replace", tmp_path / "theirs/*.csv", "-p", project)
    assert again.out.splitlines()[1] == "0 imported, 1 replaced, 0 there already, 0 left out."
    assert run_cli("import", "prompst", "x.csv").code == 2
    assert "instructions" in run_cli("import", "-h").out


def test_reasons_are_counted_at_the_end(project: Path, tmp_path: Path):
    table = tmp_path / "table.csv"
    table.write_text("name,template\n" + "".join(f"p{at},{{{{a}}}} {{{{b[i] ~ {at}}}}}\n" for at in range(6)))
    done = run_cli("import", table, "--project", project)
    assert done.code == 1
    assert done.out.splitlines()[-2:] == [
        "0 imported, 0 there already, 6 left out.",
        "       6  template, line …: an index is no whole number",
    ]


def test_scores(project: Path, tmp_path: Path):
    file = tmp_path / "board.csv"
    file.write_text("model,cafe_reviews,gadget_reviews,rank\nA/7B,81.5,,1\nB/7B,low,70,2\n")
    options = ["--metric", "accuracy", "--date", "2026-05-31", "--unit", "percent"]
    done = run_cli("import", "scores", file, "--project", project, *options)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "imported       known_scores/board.yaml  "
        "(2 scores of 2 subjects on 2 datasets: accuracy 2; accuracy in percentages, as shares)",
        f"left out       {file}: column 'rank'  (sums up the others)",
        f"left out       {file}: line 3, 'cafe_reviews'  ('low' is no finite number)",
        "1 imported, 0 there already, 2 left out.",
    ]
    written = (project / "known_scores/board.csv").read_text().splitlines()
    assert written == [
        "subject,dataset,metric,value,n,date",
        "A/7B,cafe_reviews,accuracy,0.815,,2026-05-31",
        "B/7B,gadget_reviews,accuracy,0.7,,2026-05-31",
    ]
    rows = json.loads(run_cli("validate", "--project", project, "--json").out)
    assert [row for row in rows if row["kind"] == "known scores"] == [
        {"kind": "known scores", "name": "board", "rows": 2, "quarantined": 0}
    ]
    assert run_cli("import", "scores", file, "-p", project, "--unit", "points").code == 2


@pytest.mark.parametrize("command", ["prompts", "instructions", "tasks", "scores"])
def test_where_nothing_is_taken_the_exit_code_is_1(project: Path, tmp_path: Path, command: str):
    file = tmp_path / "x\x1b[31m.yaml"
    file.write_text("a: 1")
    done = run_cli("import", command, file, "-p", project)
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("left out       ")
    assert "\x1b" not in done.out
    assert "0 imported, 0 there already, 1 left out." in done.out
    assert run_cli("import", command, file, "-p", project, "--json").code == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--family", "sentimant"], "error: no family is called 'sentimant'. Did you mean 'sentiment'?"),
        (["--text-pair", "b"], "error: --text-pair needs --text. Name both columns, or none to have them guessed"),
        (["--labels", "a,,b"], "error: --labels names a label twice, or an empty one. Write --labels no,yes"),
        (["--project", "nowhere"], "error: nowhere: there is no project here (atlas.yaml is missing)."),
    ],
)
def test_a_wrong_call_is_told_in_one_line(project: Path, tmp_path: Path, options: list[str], message: str):
    sheet = tmp_path / "templates.yaml"
    sheet.write_text(one())
    before = sorted(project.rglob("*"))
    done = run_cli("import", "prompts", sheet, "--project", project, *options)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(message)
    assert sorted(project.rglob("*")) == before


def test_a_project_that_does_not_hold_together_is_told_before_anything_is_written(project: Path, tmp_path: Path):
    (project / "prompts/spam-plain.yaml").write_text("name: [")
    sheet = tmp_path / "templates.yaml"
    sheet.write_text(one())
    done = run_cli("import", "prompts", sheet, "--project", project)
    assert done.code == 2
    assert done.err.startswith("error: prompts/spam-plain.yaml, line 1: is not valid YAML")
    assert not (project / "prompts/corner_shop-happy-note.yaml").exists()


@pytest.mark.parametrize("arguments", ["prompts", "instructions", "prompt x", "instructions x --limit 1"])
def test_a_call_that_cannot_be_read(arguments: str):
    done = run_cli("import", *arguments.split())
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [("import",), ("import", "prompts"), ("add", "dataset")])
def test_an_argument_that_names_no_file_is_refused(project: Path, command: tuple[str, ...]):
    told = run_cli(*command, "", "--project", project)
    assert told.code == 2
    assert "it names no file" in told.err


def test_a_label_may_hold_a_comma(project: Path, tmp_path: Path):
    table = tmp_path / "table.csv"
    table.write_text('name,template,choices\nmood,{{ text }},"no, never|yes, indeed"\n')
    run_cli("import", table, "--labels", 'negative,"positive, or so"', "--project", project)
    assert load(project).prompts["mood"].choices == {"negative": "no, never", "positive, or so": "yes, indeed"}

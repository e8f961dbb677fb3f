"""docs/neighbours.md has a cited paragraph for every system near FUTE; its cards, commands and queries work as they
stand, and what it says works is held by tests that are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import taskatlas
from taskatlas.cli.app import app
from taskatlas.predict.render import InputRow, check_prompt, render_demonstrated, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.cards import SHA, write_cards
from tests.support.guides import blocks_of
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "neighbours.md").read_text(encoding="utf-8")
BODY, NOT_HERE = PAGE.split("\n## Not here yet\n")
PARAGRAPHS = {
    name: " ".join(text.split())
    for name, text in re.findall(r"^\*\*([^*]+)\.\*\* (.+?)(?=\n\n)", BODY, re.MULTILINE | re.DOTALL)
}
"""System → what the page says of it."""
CITATION = re.compile(r"\[[^\]]*\d{4}\]\(https://(arxiv\.org/abs/\d{4}\.\d{5}|aclanthology\.org/\d{4}\.[\w.-]+\d/)\)")
BLOCKS = blocks_of("../neighbours")
CARDS = {block.text.splitlines()[0].removeprefix("# "): block.text for block in BLOCKS if block.language == "yaml"}
"""File → the card."""
COMMANDS = [line for block in BLOCKS if not block.language for line in block.text.splitlines()]
TESTS = {
    "2DMSE": "registry/test_grids.py",
    "Token Prepending": "predict/test_prepending.py",
    "NV-Embed": "predict/test_bidirectional.py",
    "ULLME": "predict/test_bidirectional.py",
    "KaLM-V2": "predict/test_bidirectional.py",
    "LG-ANNA": "predict/test_prefixes.py",
    "LLM-Embedder": "predict/test_prefixes.py",
    "sentence-T5": "predict/test_pooling.py",
    "GTR": "embed/tuned/test_surrogates.py",
    "DefSent+": "predict/test_encoder.py",
    "LaBSE": "stages/test_unread.py",
    "MahaSBERT/HindSBERT": "predict/test_tokens.py",
    "DSE": "stages/test_pairs.py",
    "Dialog2Flow": "analyze/test_regions.py",
    "CuBERT": "ingest/test_clean.py",
    "UDR": "predict/test_demonstrations.py",
    "RAR-b": "stages/test_multiple_choice.py",
    "Explanations framework": "predict/test_demonstrations.py",
    "UGR": "predict/test_row_choices.py",
    "BLP": "stages/test_described.py",
    "Natural Instructions": "importers/test_instructions.py",
    "In-BoXBART": "predict/language/test_likelihoods.py",
    "Bonito": "importers/test_formats.py",
    "AnyTaskTune": "predict/language/test_adapters.py",
    "Pre-training tasks": "adding/test_selfsupervised.py",
    "PPT": "predict/test_virtual_tokens.py",
    "EPT": "predict/test_virtual_tokens.py",
    "CodePrompt": "stages/test_free_answers.py",
    "MVLPT": "stages/test_transfers.py",
    "ConES": "predict/test_recorded.py",
    "MULTI-LANE": "adding/test_labels.py",
    "Task vectors": "predict/test_merge.py",
    "Self Positioning": "predict/test_factors.py",
    "aTLAS": "predict/test_factors.py",
    "VLM2Vec": "predict/test_recorded.py",
    "UnifiedMLLM": "predict/endpoint/test_asking.py",
    "SVFR": "predict/test_recorded.py",
    "Prot2Token": "stages/test_gate.py",
    "MMTEB": "cli/test_subset.py",
    "AutoTransfer": "forecast/test_left_out.py",
    "Efficient multi-task": "recommend/test_budget.py",
    "SESA": "store/test_catalog.py",
}
"""System → the test that holds what the page says works of it."""
TO_FOLLOW = [pytest.param(system, path, id=system) for system, path in TESTS.items()]


def test_every_system_has_its_paragraph_and_is_in_the_contents():
    assert list(PARAGRAPHS) == list(TESTS)
    contents = BODY.partition("\n## ")[0].casefold()
    assert [system for system in TESTS if system.casefold() not in contents] == []


@pytest.mark.parametrize("system", PARAGRAPHS)
def test_a_paragraph_cites_its_system(system: str):
    assert CITATION.search(PARAGRAPHS[system])


@pytest.mark.parametrize("system", PARAGRAPHS)
def test_a_paragraph_shows_a_field_a_command_or_a_block(system: str):
    after = BODY.partition(f"**{system}.**")[2].partition("\n\n")[2]
    assert after.startswith("```") or re.search(r"`[^`]+`", PARAGRAPHS[system])


@pytest.mark.parametrize(("system", "path"), TO_FOLLOW)
def test_what_works_of_a_system_is_held_by_a_test(system: str, path: str):
    assert re.search(r"^def test_", (ROOT / "tests" / path).read_text(encoding="utf-8"), re.MULTILINE), system


def test_the_cards_make_a_project(tmp_path: Path):
    write_cards(tmp_path)
    assert PAGE.count("```yaml") == len(CARDS) > 0
    for path, text in CARDS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text.replace("…", SHA), encoding="utf-8")
    project = load(tmp_path)
    for path, text in CARDS.items():
        kind, name = Path(path).parts[0], Path(path).stem
        assert yaml.safe_load(text)["name"] == name
        if kind == "surrogates":  # a project loads the one that atlas.yaml names
            settings = tmp_path / "atlas.yaml"
            settings.write_text(settings.read_text().replace("surrogate: minilm", f"surrogate: {name}"))
            assert load(tmp_path).surrogate.name == name
        else:
            made = getattr(project, kind)
            assert name in made or any(each.startswith(f"{name}-l") for each in made), path
    asked = {subject.name for subject in project.subjects()}
    assert {"kalm/defined", "tuned-chat/like-it", "tuned-bart/explained", "minilm/nearest-choice", "merged"} <= asked
    for card in project.prompts.values():
        check_prompt(card)


def test_a_demonstration_shows_why_after_its_answer():
    prompt = PromptCard.model_validate(yaml.safe_load(CARDS["prompts/explained.yaml"]))
    known = InputRow("Cold soup.", fields=(("explanation", "Soup is hot."),))
    assert render_inputs(prompt, [known]) == ["Review: Cold soup.\nMood:"]
    assert render_demonstrated(prompt, known, "negative") == "bad\nWhy: Soup is hot."


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_understood_as_it_stands(line: str):
    command, words = resolved(line)
    assert command.make_context(command.name, words).params


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(taskatlas [^`]+)`", PAGE))))
def test_a_command_that_is_named_exists(name: str):
    command, words = resolved(name)
    assert (command.name in name, words) == (True, [])


def resolved(line: str) -> tuple[Any, list[str]]:
    """The innermost command of a line, and the words that are for it."""
    program, *words = shlex.split(line)
    assert program == "taskatlas"
    command: Any = typer.main.get_command(app)
    while words and (inner := getattr(command, "commands", {}).get(words[0])):
        command, words = inner, words[1:]
    return command, words


def test_the_queries_say_something(published: Path):
    queries = [shlex.split(line)[2] for line in COMMANDS if line.startswith('taskatlas sql "')]
    assert len(queries) == 4
    for query in queries:
        assert taskatlas.open(published).sql(query).num_rows > 0


def test_what_is_missing_names_systems_of_the_page():
    named = {each.casefold() for text in re.findall(r"\(([^)]+)\)", NOT_HERE) for each in text.split(", ")}
    systems = {system.casefold() for system in TESTS}
    assert {each.removesuffix(" in full") for each in named} <= systems

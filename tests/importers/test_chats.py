"""Chats as promptfoo and prompty write them: the last question is the template."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard

Import = Callable[..., list[Outcome]]
Card = Callable[..., PromptCard]
Reason = Callable[..., str]
NOTE = "its system message is shown in chats"


def promptfoo(*prompts: object, **fields: object) -> str:
    """A configuration of promptfoo."""
    return yaml.safe_dump({"prompts": list(prompts), "providers": ["echo"], **fields})


def prompty(body: str, front: str = "name: mood\ndescription: Asks for\n  the mood\n") -> str:
    """A file of prompty."""
    return f"---\n{front}---\n{body}"


def test_prompts_of_promptfoo(project: Path, tmp_path: Path, importing: Import):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "two.txt").write_text("First {{note}}\n---\nSecond {{note}}")
    (tmp_path / "inner" / "chat.json").write_text(
        '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Third {{note}}"}]'
    )
    content = promptfoo(
        {"id": "plain", "raw": "Zeroth {{note}}"},
        "file://inner/*.txt",
        "inner/chat.json",
        '[{"role": "user", "content": "Fourth {{note}}"}]',
        description="Mood check",
    )
    outcomes = importing(content)
    assert [each.title for each in outcomes] == ["plain", "prompt 2 1", "prompt 2 2", "prompt 3", "prompt 4"]
    cards = [load(project).prompts[Path(each.card or "").stem] for each in outcomes]
    assert [render_inputs(card, [InputRow("T")]) for card in cards] == [
        [f"{order} T"] for order in ("Zeroth", "First", "Second", "Third", "Fourth")
    ]
    assert (cards[3].name, cards[3].system) == ("mood-check-prompt-3", "Be brief.")
    assert outcomes[3].note == f"free text; guessed: text is note; {NOTE}"


def test_tests_of_promptfoo_become_a_dataset_with_the_files_prompts(project: Path, importing: Import):
    tests = [
        {"vars": {"note": f"Note {at} of {at * 7}"}, "assert": [{"type": "equals", "value": ("glad", "cross")[at % 2]}]}
        for at in range(60)
    ]
    outcomes = importing(promptfoo("Mood of {{note}}?", "{{note}}: mood", tests=tests, description="moods"))
    assert [each.card for each in outcomes] == [
        "datasets/moods.yaml",
        "prompts/moods-prompt-1.yaml",
        "prompts/moods-prompt-2.yaml",
    ]
    registry = load(project)
    for name in ("moods-prompt-1", "moods-prompt-2"):
        assert registry.prompts[name].datasets == ("moods",)
        assert tuple(registry.prompts[name].choices) == registry.datasets["moods"].labels == ("cross", "glad")
    other = importing(promptfoo("Of {{a}} and {{b}}", tests=tests, description="pairs"))
    assert other[0].note == "nothing is made of its tests: they do not have one text and one expected answer each"


def test_prompty(project: Path, importing: Import):
    (outcome,) = importing(prompty("system:\nBe {brief}.\n\nuser:\nMood of {{note}}?\n"), "mood.prompty")
    assert outcome.note == f"free text; guessed: text is note; {NOTE}"
    card = load(project).prompts["mood"]
    assert (card.description, card.system, card.template) == ("Asks for the mood", "Be {brief}.", "Mood of {{text}}?")


def test_a_system_message_that_shows_a_column_stands_before_the_question(importing: Import, project: Path):
    (outcome,) = importing(prompty("system:\nOf {{note}}.\nuser:\nThe mood?"), "mood.prompty")
    assert "its system message shows a column, so it stands before the question" in outcome.note
    assert render_inputs(load(project).prompts["mood"], [InputRow("T")]) == ["Of T.\n\nThe mood?"]


def test_answered_questions_are_demonstrations_where_the_last_one_is_the_text(card: Card, reason: Reason):
    earlier = "user:\nGood soup\nassistant:\nglad\n"
    shown = card(prompty(f"{earlier}user:\n{{{{note}}}}"), "mood.prompty").demonstrations
    assert shown is not None
    assert [(each.text, each.label) for each in shown.examples] == [("Good soup", "glad")]


def test_a_system_message_alone_is_the_question(card: Card):
    prompt = card(prompty("system:\nMood of {{note}}?"), "mood.prompty")
    assert (prompt.template, prompt.system) == ("Mood of {{text}}?", None)


def test_a_body_without_sections_and_mustache(card: Card):
    front = "name: mood\ntemplate: {format: mustache}\n"
    assert card(prompty("Mood of {{{note}}}?", front), "mood.prompty").template == "Mood of {{ text }}?"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("user:\n{{a}}\nassistant:\nIt is", "its last message begins the answer"),
        ("system:\nBe brief.", "it has no message of a user"),
        ("Hello\nuser:\n{{a}}", "text stands before its first system: or user:"),
        ("user:\nA\nassistant:\nb\nuser:\nOf {{a}}", "it shows an earlier conversation, which a prompt has as"),
    ],
)  # fmt: skip
def test_what_prompty_leaves_out(reason: Reason, body: str, why: str):
    assert why in reason(prompty(body), "mood.prompty")


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("file:///etc/passwd", "it names '/etc/passwd', which does not lie beside it"),
        ("file://../x.txt", "which does not lie beside it"),
        ("file://link.txt", "which leads out of its folder"),
        ("file://run.py", "it names 'run.py', which is no text: nothing is run"),
        ([{"role": "user"}], "a message has no role or no content that is text"),
        ([{"role": "tool", "content": "x"}], "a message is of 'tool', who is neither system, user nor assistant"),
        ([], "its messages are no list, or an empty one"),
        ("[{", "it begins as a chat in JSON and is none"),
        (7, "its messages are no list, or an empty one"),
    ],
)
def test_what_promptfoo_leaves_out(reason: Reason, tmp_path: Path, prompt: object, why: str):
    (tmp_path / "run.py").write_text("raise SystemExit")
    (tmp_path / "link.txt").symlink_to("/etc/hostname")
    assert why in reason(promptfoo({"raw": prompt}))


def test_nothing_is_taken_twice_and_nothing_is_run(project: Path, tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("prompts: !function os.getcwd\nproviders: []\n")
    (outcome,) = import_files(project, [file], ImportOptions())
    assert outcome.note.startswith("prompts: holds no prompts")


def test_what_promptfoo_shows_with_every_prompt_is_shown(project: Path, importing: Import):
    default = {
        "vars": {"lang": "plain {English", "tone": "kind"},
        "options": {"prefix": "Think. ", "suffix": " Now."},
    }
    prompts = ["In {{ lang }}: mood of {{note}}?", {"raw": "{{note}} is {{tone}}?", "config": {"prefix": "Well: "}}]
    outcomes = importing(promptfoo(*prompts, defaultTest=default, description="m", nunjucksFilters={"shout": "./x.js"}))
    assert "of the file, these fields are not taken: nunjucksFilters" in outcomes[0].note
    cards = load(project).prompts
    shown = [render_inputs(cards[f"m-prompt-{number}"], [InputRow("a note")])[0] for number in (1, 2)]
    assert shown == ["Think. In plain {English: mood of a note? Now.", "Well: a note is kind? Now."]
    chat = importing(promptfoo([{"role": "user", "content": "{{note}}"}], defaultTest=default, description="c"))
    assert "a prefix and a suffix are for texts, and it is a chat" in chat[0].note

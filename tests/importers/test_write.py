"""Cards are written whole, read back as they were meant, and never in the place of another."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.cards.loader import Loader, parse_yaml
from taskatlas.errors import CardError, StoreError
from taskatlas.importers.report import Outcome
from taskatlas.importers.syntax import literal_template, text_literal
from taskatlas.importers.write import Additions, as_yaml, checked_card
from taskatlas.predict.sandbox import compile_template, render_template
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.cards import change_card
from tests.support.imported_files import one, template, templates

PLACE = "prompts/corner_shop-happy-note.yaml"
LETTERS = [*" \n\t:'\"#-|>{}%[]&*!é\u2028\x85\x07abno\\\r😀\u200b~?,@`\ufeff", "{{", "}}", "{%", "{#", "#}", "no", "1"]


def random_texts(n: int) -> list[str]:
    chance = random.Random(0)
    return ["".join(chance.choices(LETTERS, k=chance.randint(1, 25))) for _ in range(n)]


def test_every_text_comes_back_from_yaml():
    for text in random_texts(2000):
        card = PromptCard(
            name="x", description="d", template=text, choices={"no": "yes", "1": "2", "a": text.strip() or "b"}
        )
        assert PromptCard(**parse_yaml(as_yaml(card), Loader, "x")) == card


def test_every_text_can_be_shown_by_a_template():
    for text in random_texts(2000):
        plain = compile_template(literal_template(text) + "\n{{ text }}", ("text",), "x")
        assert render_template(plain, {"text": "end"}, "x") == text.replace("\r\n", "\n").replace("\r", "\n") + "\nend"
        assert render_template(compile_template(f"{{{{ {text_literal(text)} }}}}", (), "x"), {}, "x") == text


def test_a_card_is_written_for_people(project: Path, importing: Callable[..., list[Outcome]]):
    importing(one("Read:\n\n{{review}}\nHappy? ||| {{answer_choices[label]}}", "no ||| ça va"))
    assert (project / PLACE).read_text() == (
        "name: corner_shop-happy-note\ndescription: happy note (corner_shop)\n"
        "template: |-\n  Read:\n\n  {{text}}\n  Happy?\nchoices:\n  'no': 'no'\n  ça va: ça va\n"
    )


def test_a_second_import_finds_everything_there(project: Path, importing: Callable[..., list[Outcome]]):
    content = templates(
        template(key="a"), template("{{b}} ||| {{answer_choices[l]}}", key="b"), template(choices="a ||| b", key="c")
    )
    first = importing(content)
    written = {file: file.stat().st_mtime_ns for file in (project / "prompts").iterdir()}
    again = importing(content)
    assert [each.state for each in first] == ["imported"] * 3
    assert [each.state for each in again] == ["there already"] * 3
    assert [each.card for each in again] == [each.card for each in first]
    assert {file: file.stat().st_mtime_ns for file in (project / "prompts").iterdir()} == written


def test_another_card_of_the_name_stays_as_it_is(project: Path, importing: Callable[..., list[Outcome]]):
    importing(one())
    change_card(project / PLACE, template="Mine: {{ text }}")
    before = (project / PLACE).read_bytes()
    (outcome,) = importing(one())
    assert (outcome.state, outcome.note) == ("left out", f"{PLACE}: another card is called 'corner_shop-happy-note'")
    assert (project / PLACE).read_bytes() == before


def test_choices_in_another_order_are_another_card(importing: Callable[..., list[Outcome]]):
    importing(one(choices="a ||| b"))
    (outcome,) = importing(one(choices="b ||| a"))
    assert outcome.state == "left out"


def test_a_card_is_known_by_its_name_whatever_its_file(project: Path, importing: Callable[..., list[Outcome]]):
    importing(one())
    (project / PLACE).rename(project / "prompts/mine.yml")
    (outcome,) = importing(one())
    assert outcome.state == "there already"
    assert not (project / PLACE).exists()


def test_a_card_of_another_name_in_a_cards_place_stays(project: Path, importing: Callable[..., list[Outcome]]):
    (project / PLACE).write_text((project / "prompts/spam-plain.yaml").read_text().replace("spam-plain", "other"))
    (outcome,) = importing(one())
    assert (outcome.state, outcome.note) == ("left out", f"{PLACE}: another file is in its place")
    assert load(project).prompts["other"]


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere")], ids=["folder", "dead link"])
def test_what_is_no_file_in_a_cards_place_stays(project: Path, make: Callable[[Path], None]):
    additions = Additions(load(project))  # before: a folder of that name would be taken for a card
    make(project / PLACE)
    card = checked_card(PromptCard, {"name": Path(PLACE).stem, "description": "d", "choices": {"a": "a", "b": "b"}})
    with pytest.raises(CardError, match="another file is in its place"):
        additions.write(card)
    with pytest.raises(CardError, match="another file is in its place"):
        additions.write_file(PLACE, b"x")
    assert not (project / PLACE).is_file()


def test_a_file_that_appears_meanwhile_is_not_replaced(project: Path, monkeypatch: pytest.MonkeyPatch):
    additions = Additions(load(project))
    state = additions.file_state
    seen: list[str] = []

    def slow(path: str, content: bytes | None) -> object:
        result = state(path, content)
        if not seen:
            (project / path).write_bytes(b"somebody else's")
        seen.append(path)
        return result

    monkeypatch.setattr(additions, "file_state", slow)
    with pytest.raises(CardError, match="another file is in its place"):
        additions.write_file("data/new.jsonl", b"mine")
    assert (project / "data/new.jsonl").read_bytes() == b"somebody else's"
    assert not list((project / "data").glob(".new*"))


def test_a_folder_that_cannot_be_written_stops_the_import(project: Path, importing: Callable[..., list[Outcome]]):
    for card in (project / "prompts").iterdir():
        card.unlink()
    (project / "prompts").rmdir()
    (project / "prompts").write_text("a file")
    with pytest.raises(StoreError, match="cannot write"):
        importing(one())


def test_a_card_that_does_not_hold_is_not_made():
    with pytest.raises(CardError, match="string should have at most"):
        checked_card(PromptCard, {"name": "x", "description": "d" * 501, "choices": {"a": "a", "b": "b"}})

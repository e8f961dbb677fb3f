"""Equal contents are one card, and a card gives way to another only where a person says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome, reasons_of
from taskatlas.registry.load import load
from tests.support.cards import change_card
from tests.support.imported_files import definitions, one, template, templates, write_json

Import = Callable[..., list[Outcome]]
PLACE = "prompts/corner_shop-happy-note.yaml"


def test_equal_contents_are_one_card_that_names_the_others(project: Path, importing: Import):
    content = templates(*(template(name=f"note {at}", key=f"k{at}") for at in range(3)))
    outcomes = importing(content)
    assert [(each.state, each.card) for each in outcomes] == [
        ("imported", "prompts/corner_shop-note-0.yaml"),
        ("the same", "prompts/corner_shop-note-0.yaml"),
        ("the same", "prompts/corner_shop-note-0.yaml"),
    ]
    description = load(project).prompts["corner_shop-note-0"].description
    assert description == "note 0 (corner_shop); also: corner_shop-note-1, corner_shop-note-2"
    assert [each.state for each in importing(content)] == ["there already", "the same", "the same"]


def test_names_that_do_not_fit_are_counted(project: Path, importing: Import):
    importing(templates(*(template(name=f"note {'x' * 40} {at}", key=f"k{at}") for at in range(30))))
    (name,) = (name for name in load(project).prompts if name.startswith("corner_shop"))
    description = load(project).prompts[name].description
    assert len(description) <= 500
    assert description.endswith(" more")


def test_a_card_of_another_name_that_asks_the_same_is_enough(project: Path, importing: Import):
    importing(one())
    (project / PLACE).rename(project / "prompts/mine.yaml")
    change_card(project / "prompts/mine.yaml", name="mine", description="Mine", license="CC0-1.0")
    (outcome,) = importing(one())
    assert (outcome.state, outcome.card) == ("the same", "prompts/mine.yaml")
    assert not (project / PLACE).exists()


def test_what_a_person_said_of_a_card_does_not_make_it_another(project: Path, importing: Import):
    importing(one())
    change_card(project / PLACE, license="CC0-1.0")
    assert importing(one())[0].state == "there already"


def test_a_card_gives_way_to_one_of_its_name(project: Path, importing: Import):
    importing(one())
    (outcome,) = importing(one("Now {{review}} ||| {{answer_choices[label]}}"), replace=True)
    assert (outcome.state, outcome.card) == ("replaced", PLACE)
    assert outcome.note.endswith("; it was template: 'Is {{text}} a happy note?'")
    assert load(project).prompts["corner_shop-happy-note"].template == "Now {{text}}"
    assert importing(one(), replace=True)[0].state == "replaced"


def test_a_card_gives_way_where_another_one_asks_the_same_as_the_new_one(project: Path, importing: Import):
    importing(one())
    (project / PLACE).rename(project / "prompts/mine.yaml")
    change_card(project / "prompts/mine.yaml", name="mine")
    assert importing(one("Now {{review}} ||| {{answer_choices[label]}}"))[0].state == "imported"
    assert importing(one())[0].state == "the same"
    (outcome,) = importing(one(), replace=True)
    assert (outcome.state, outcome.card) == ("replaced", PLACE)
    assert {load(project).prompts[name].template for name in ("mine", Path(PLACE).stem)} == {
        "Is {{text}} a happy note?"
    }


def test_two_of_one_name_in_one_import_do_not_replace_each_other(project: Path, tmp_path: Path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(one())
    second.write_text(one("Now {{review}} ||| {{answer_choices[label]}}"))
    outcomes = import_files(project, [first, second], ImportOptions(replace=True))
    assert [each.state for each in outcomes] == ["imported", "left out"]


def test_a_dataset_gives_way_with_its_rows(project: Path, tmp_path: Path):
    file = write_json(tmp_path, definitions())
    import_files(project, [file], ImportOptions())
    outcomes = import_files(project, [file], ImportOptions(limit=40, family="mood", replace=True))
    assert [each.state for each in outcomes] == ["replaced", "there already", "there already", "there already"]
    assert len((project / "data/shop_mood.jsonl").read_text().splitlines()) == 40
    assert load(project).datasets["shop_mood"].family == "mood"
    write_json(tmp_path, {**definitions(), "Positive Examples": []})
    outcomes = import_files(project, [file], ImportOptions(limit=30, family="mood", replace=True))
    assert outcomes[0].note == (
        "30 rows, 2 labels; left out: 30 beyond --limit; it had other rows; "
        "of an earlier import stay: prompts/shop_mood-examples.yaml"
    )


def test_a_card_in_a_file_of_another_name_does_not_give_way(project: Path, importing: Import):
    importing(one())
    (project / PLACE).rename(project / "prompts/mine.yaml")
    (outcome,) = importing(one("Now {{review}} ||| {{answer_choices[label]}}"), replace=True)
    assert outcome.note == f"{PLACE}: the card that is called 'corner_shop-happy-note' stands in another file"


@pytest.mark.parametrize("n", [5, 6])
def test_reasons_are_counted_where_they_are_many(importing: Import, n: int):
    bodies = [f"{{{{a}}}} {{{{b[i] ~ {at}}}}} ||| {{{{answer_choices[l]}}}}" for at in range(n)]
    outcomes = importing(templates(*(template(body, name=f"n{at}", key=f"k{at}") for at, body in enumerate(bodies))))
    folded = "template, line …: an index is no whole number"
    assert reasons_of(outcomes) == ([(6, folded)] if n == 6 else [])


def test_further_reasons_are_one_line():
    letters = "abcdefghijklm"
    outcomes = [Outcome("f", "t", "left out", None, f"reason {letter}") for letter in letters]
    assert reasons_of(outcomes)[-1] == (3, "other reasons")

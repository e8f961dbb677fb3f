"""Cards that do not hold: the line names the file, the field and the nearest valid name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.schemas.models import MODEL_KINDS
from tests.support.cards import BOMB, change_card
from tests.support.failing import fails

CARD = "datasets/cafe_reviews.yaml"
PROMPT = "prompts/verdict-bad-good.yaml"
SIMPLER = "Use text, variables, conditions, slices such as text[:200], and filters such as text|upper"


def changed(card: str, **fields: object) -> Callable[[Path], None]:
    return lambda project: change_card(project / card, **fields)


def appended(card: str, text: str) -> Callable[[Path], None]:
    def breaks(project: Path) -> None:
        with (project / card).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return breaks


CARDS: dict[str, tuple[Callable[[Path], object], str, str, str]] = {
    "two cards of one name": (
        lambda project: shutil.copy(project / CARD, project / "datasets" / "copy.yaml"),
        "datasets/copy.yaml: name",
        "the name 'cafe_reviews' is taken by datasets/cafe_reviews.yaml",
        "Rename one of them",
    ),
    "misspelt field": (
        changed(CARD, labels=None, lables=["negative", "positive"]),
        f"{CARD}: lables",
        "there is no such field",
        "Did you mean 'labels'?",
    ),
    "missing field": (changed(CARD, source=None), f"{CARD}: source", "this field is missing", "Add it"),
    "misspelt field of the project": (
        changed("atlas.yaml", neighbours=3),
        "atlas.yaml: neighbours",
        "there is no such field",
        "Did you mean 'neighbors'?",
    ),
    "misspelt field within a field": (
        changed(CARD, columns={"txt": "text"}),
        f"{CARD}: columns.txt",
        "there is no such field",
        "Did you mean 'text'?",
    ),
    "misspelt kind": (
        changed("models/bayes-recorded.yaml", kind="recorderd"),
        "models/bayes-recorded.yaml: kind",
        "there is no kind 'recorderd'",
        "Did you mean 'recorded'?",
    ),
    "no kind": (
        changed("models/bayes-recorded.yaml", kind=None),
        "models/bayes-recorded.yaml",
        "the field kind is missing",
        f"Give one of {', '.join(MODEL_KINDS)}",
    ),
    "YAML that is none": (
        lambda project: (project / CARD).write_text("name: cafe_reviews\nlabels: [negative, positive\nsource: x\n"),
        f"{CARD}, line 3",
        "is not valid YAML: ",
        "Mend that line",
    ),
    "a tab in YAML": (
        appended(CARD, "columns:\n\ttext: text\n"),
        f"{CARD}, line 9",
        "is not valid YAML: ",
        "Mend that line",
    ),
    "a field twice": (
        appended(CARD, "name: again\n"),
        f"{CARD}, line 8",
        "is not valid YAML: 'name' is given twice",
        "Mend that line",
    ),
    "an empty card": (
        lambda project: (project / CARD).write_bytes(b""),
        CARD,
        "holds no fields",
        "Write `name: ...` and the other fields of a card",
    ),
    "a card that is not UTF-8": (
        lambda project: (project / CARD).write_bytes("name: café\n".encode("latin-1")),
        CARD,
        "is not UTF-8 (byte 9)",
        "Save it as UTF-8",
    ),
    "aliases that stand for millions": (
        lambda project: (project / CARD).write_text(BOMB),
        f"{CARD}, line 5",
        "holds aliases that stand for more than 10,000 values",
        "Mend that line",
    ),
    "one label": (
        changed(CARD, labels=["positive"]),
        f"{CARD}: labels",
        "needs two labels or more",
        "Mend this field",
    ),
    "a word for a number": (
        changed(CARD, test_fraction="half"),
        f"{CARD}: test_fraction",
        "input should be a valid number",
        "Mend this field",
    ),
    "unknown dataset": (
        changed("models/probe-cafe-reviews.yaml", dataset="cafe_review"),
        "models/probe-cafe-reviews.yaml: model probe-cafe-reviews: dataset",
        "no dataset is called 'cafe_review'",
        "Did you mean 'cafe_reviews'?",
    ),
    "unknown family": (
        changed(PROMPT, families=["sentimant"]),
        f"{PROMPT}: prompt verdict-bad-good: families",
        "no family is called 'sentimant'",
        "Did you mean 'sentiment'?",
    ),
    "unknown corpus": (
        changed("atlas.yaml", corpus="everydays"),
        "atlas.yaml: corpus",
        "no corpus is called 'everydays'",
        "Did you mean 'everyday'?",
    ),
    "unknown method": (
        changed("atlas.yaml", methods=["text", "croscov"]),
        "atlas.yaml: methods",
        "no method is called 'croscov'",
        "Did you mean 'crosscov'?",
    ),
    "prompt with an unknown variable": (
        changed(PROMPT, template="Review: {{ txet }}"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "there is no variable 'txet'",
        "Did you mean 'text'?",
    ),
    "prompt with an unknown variable in its answer": (
        changed(PROMPT, answer="It was\n{{ choise }}"),
        f"{PROMPT}: prompt verdict-bad-good: answer, line 2",
        "there is no variable 'choise'",
        "Did you mean 'choice'?",
    ),
    "prompt that reaches for attributes": (
        changed(PROMPT, template="{{ text.__class__.__mro__ }}"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "a prompt may not hold attributes",
        SIMPLER,
    ),
    "prompt that calls": (
        changed(PROMPT, template="{{ text.__class__.__mro__[1].__subclasses__() }}"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "a prompt may not hold calls of __subclasses__()",
        SIMPLER,
    ),
    "prompt that reaches for an attribute in brackets": (
        changed(PROMPT, template="{{ text['__class__'] }}"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "an index is no whole number",
        SIMPLER,
    ),
    "prompt that reaches for an attribute by a filter": (
        changed(PROMPT, template="{{ text|attr('__class__') }}"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "there is no filter 'attr' for prompts",
        "Did you mean 'trim'?",
    ),
    "prompt that loops for ever": (
        changed(PROMPT, template="{{ text }}{% for i in range(10**12) %}{{ i }}{% endfor %}"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "a prompt may not hold other loops",
        "Go over the row's choices alone",
    ),
    "prompt that fills the memory": (
        changed(PROMPT, template="{{ text }}{{ 'x' * 10**12 }}"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "a prompt may not hold arithmetic",
        SIMPLER,
    ),
    "prompt that is no Jinja2": (
        changed(PROMPT, template="{{ text"),
        f"{PROMPT}: prompt verdict-bad-good: template, line 1",
        "is not a Jinja2 template",
        "Mend it; {{ text }} shows the text",
    ),
    "prompt that shows no text": (
        changed(PROMPT, template="Is it good?"),
        f"{PROMPT}: prompt verdict-bad-good: template",
        "shows the same for every text",
        "Show it with {{ text }}",
    ),
}


@pytest.mark.parametrize("case", CARDS)
def test_a_bad_card_is_named_with_its_field_and_a_remedy(project: Path, case: str):
    breaks, where, what, todo = CARDS[case]
    breaks(project)
    fails("validate", "--project", project, where=where, what=what, todo=todo)


@pytest.mark.parametrize("case", ["misspelt field", "unknown dataset", "unknown method", "prompt that loops for ever"])
def test_a_run_stops_at_a_bad_card_with_the_same_line(project: Path, case: str):
    breaks, where, what, todo = CARDS[case]
    breaks(project)
    fails("run", "--project", project, where=where, what=what, todo=todo)


@pytest.mark.parametrize(
    "name", ["cafe/reviews", "../cafe", "cafe.reviews", "cafe'reviews", 'cafe"reviews', "Café", "", "a" * 61, "-rf"]
)
@pytest.mark.parametrize("card", [CARD, "models/vader.yaml", PROMPT, "corpora/everyday.yaml"])
def test_names_with_slashes_dots_or_quotes_are_refused(project: Path, card: str, name: str):
    change_card(project / card, name=name)
    todo = "Use a-z, 0-9, _ and -, starting with a letter or digit"
    line = fails("validate", "--project", project, where=f"{card}", what="", todo=todo).err
    assert f"{card}: name: {name!r} does not fit" in line


def test_yes_and_no_need_quotes(project: Path):
    (project / CARD).write_text((project / CARD).read_text().replace("[negative, positive]", "[no, yes]"))
    todo = "Put quotes around yes, no, on, off"
    fails("validate", "--project", project, where=f"{CARD}: labels.0", what="expected text, got False", todo=todo)

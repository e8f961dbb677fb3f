"""Prompts for datasets whose rows hold choices of their own, and named fields: what names of a template mean there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.importers.loops import apart_loops
from taskatlas.importers.report import Outcome
from taskatlas.predict.render import InputRow, answers_by_row, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.command_line import run_cli
from tests.support.imported_files import harness, one
from tests.support.projects import write_file

Card = Callable[..., PromptCard]
Reason = Callable[..., str]
Importing = Callable[..., list[Outcome]]
ROW = InputRow("Rain fell.", None, (("question", "What got wet?"),), ("road", "sun", "sky"))
CARD = """\
name: wet
family: multiple choice
domain: weather
description: Questions about the weather.
source: data/wet.jsonl
labels: [A, B, C]
columns: {text: passage, label: answer, fields: {question: asked}, choices: COLUMNS}
"""
ASKED = "{{context}}\n{{question}}\n{{choices}}"
SHOWN = "Rain fell.\nWhat got wet?\nroad, sun, sky"


@pytest.fixture
def wet(project: Path) -> Path:
    """A project with a dataset of three choices a row."""
    return with_dataset(project)


def with_dataset(project: Path, columns: str = "options") -> Path:
    """The project with that dataset, its choices in these columns."""
    rows = [
        {"passage": f"Rain fell on day {day}.", "asked": f"What got wet in week {day % 7}?", "answer": day % 3,
         "options": [f"the road {day}", f"the sun {day}", f"the sky {day}"], "o1": "road", "o2": "sun", "o3": "sky"}
        for day in range(60)
    ]  # fmt: skip
    write_file(project, "data/wet.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    write_file(project, "datasets/wet.yaml", CARD.replace("COLUMNS", columns))
    return project


def promptfoo(prompt: str) -> str:
    return json.dumps({"prompts": [prompt], "providers": ["echo"]})


def langchain(prompt: str) -> str:
    return json.dumps({"_type": "prompt", "template": prompt.replace("{{", "{").replace("}}", "}")})


def prompty(prompt: str) -> str:
    return f"---\nname: mine\n---\nuser:\n{prompt}\n"


def table(prompt: str, choices: str = "") -> str:
    return json.dumps([{"name": "mine", "template": prompt, **({"choices": choices} if choices else {})}])


FORMATS = {
    "promptfoo": (promptfoo, "t.yaml"),
    "langchain": (langchain, "t.json"),
    "prompty": (prompty, "t.prompty"),
    "table": (table, "t.json"),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("target", [{"dataset": "wet"}, {"family": "multiple choice"}])
@pytest.mark.parametrize(
    "prompt",
    ["{{passage}}\n{{asked}}\n{{options}}", "{{text}}\n{{question}}\n{{choices}}", "{{text}}\n{{asked}}\n{{Options}}"],
)
def test_names_mean_what_the_dataset_says(wet: Path, card: Card, form: str, target: dict[str, str], prompt: str):
    write, name = FORMATS[form]
    prompted = card(write(prompt), name, **target)
    assert render_inputs(prompted, [ROW]) == [SHOWN]
    assert (prompted.takes_all_choices, prompted.fields) == (True, ("question",))
    assert prompted.families == ("multiple choice",)


def test_names_mean_it_in_collections_of_templates_too(wet: Path, card: Card, project: Path):
    of_source = card(one("{{passage}}\n{{asked}}\n{{choices}} ||| {{answer_choices[answer]}}", "A ||| B ||| C"),
                     dataset="wet")  # fmt: skip
    assert render_inputs(of_source, [ROW]) == [SHOWN]
    assert list(of_source.choices.values()) == ["A", "B", "C"]
    asked = harness(doc_to_text="{{passage}}\n{{asked}}\n{{options}}:", doc_to_choice=["A", "B", "C"])
    assert render_inputs(card(asked, dataset="wet"), [ROW]) == [f"{SHOWN}:"]


def test_columns_of_their_own_are_choices_by_place(project: Path, card: Card):
    with_dataset(project, "[o1, o2, o3]")
    prompted = card(promptfoo("{{passage}} {{asked}} A {{o1}} B {{o2}} C {{o3}}"), dataset="wet")
    assert render_inputs(prompted, [ROW]) == ["Rain fell. What got wet? A road B sun C sky"]
    assert prompted.takes_all_choices


def test_a_prompt_that_shows_no_choices_asks_for_them(wet: Path, importing: Importing):
    (outcome,) = importing(promptfoo("{{passage}} {{asked}}"), dataset="wet")
    told = "as its datasets have it: text is passage, field question is asked; each row's own choices; "
    assert outcome.note.startswith(told)
    (prompted,) = [each for name, each in load(wet).prompts.items() if name == Path(outcome.card or "").stem]
    assert prompted.takes_all_choices


def test_letters_are_answered_where_a_person_names_them(wet: Path, card: Card):
    prompted = card(promptfoo(ASKED), dataset="wet", text="context", labels=("A", "B", "C"))
    assert prompted.choices == {"A": "A", "B": "B", "C": "C"}
    assert render_inputs(prompted, [ROW]) == [SHOWN]


@pytest.mark.parametrize("form", FORMATS)
def test_a_name_that_the_dataset_does_not_have_is_refused(wet: Path, reason: Reason, form: str):
    write, name = FORMATS[form]
    told = reason(write(ASKED), name, dataset="wet")
    assert told == (
        "it shows 'context', which wet does not have: there are text (column passage), question (column asked), "
        "choices (column options); say --text context where it is the text, or write "
        "`columns: {fields: {context: COLUMN}}` in datasets/wet.yaml"
    )


def test_what_the_refusal_advises_works(wet: Path, card: Card, project: Path):
    by_option = card(promptfoo(ASKED), dataset="wet", text="context")
    assert render_inputs(by_option, [ROW]) == [SHOWN]
    content = (project / "datasets/wet.yaml").read_text()
    (project / "datasets/wet.yaml").write_text(content.replace("{question: asked}", "{question: asked, hint: o1}"))
    by_card = card(table("{hint}: {question} {choices}"), "t.json", dataset="wet")
    assert by_card.fields == ("hint", "question")


def test_a_dataset_without_choices_has_its_labels_written_out(card: Card, importing: Importing, project: Path):
    labels = load(project).datasets["cafe_reviews"].class_labels
    (outcome,) = importing(promptfoo("{{text}} {{choices}}?"), dataset="cafe_reviews")
    assert "its choices are written out in it for choices" in outcome.note
    prompted = load(project).prompts[Path(outcome.card or "").stem]
    assert render_inputs(prompted, [InputRow("T")]) == [f"T {', '.join(labels)}?"]
    assert tuple(prompted.choices) == labels


def test_choices_that_nobody_has_are_refused_and_the_advice_works(reason: Reason, card: Card, project: Path):
    family = load(project).datasets["cafe_reviews"].family
    told = reason(promptfoo("{{text}} {{choices}}?"), family=family)
    assert "it shows 'choices', and rows of " in told
    assert "name the labels with --labels" in told
    prompted = card(promptfoo("{{text}} {{choices}}?"), family=family, labels=("no", "yes"))
    assert render_inputs(prompted, [InputRow("T")]) == ["T no, yes?"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["choices", "options"])
def test_without_a_dataset_they_are_the_rows_own(card: Card, form: str, name: str):
    write, file = FORMATS[form]
    prompted = card(write("{{question}}: {{" + name + "}}"), file)
    assert render_inputs(prompted, [ROW]) == ["Rain fell.: road, sun, sky"]
    assert prompted.takes_all_choices


@pytest.mark.parametrize("cell", ["row", " Row ", "{choices}", "{{ options | join('|') }}"])
def test_the_word_row_in_a_table(wet: Path, card: Card, cell: str):
    prompted = card(f'name,template,choices\nmine,"{{passage}} {{asked}} {{choices}}","{cell}"\n', "t.csv")
    assert prompted.takes_all_choices
    prompted = card(table("{passage} {asked} {choices}!", cell).replace("mine", "two"), "t.json", dataset="wet")
    assert prompted.takes_all_choices
    assert render_inputs(prompted, [ROW]) == ["Rain fell. What got wet? road, sun, sky!"]


@pytest.mark.parametrize("cell", ["{o1}|{o2}", "{{ o1 }} | {{o2|trim}}", '["{o1}", "{{ o2 }}"]'])
def test_cells_with_places_are_choices_of_each_row(card: Card, project: Path, cell: str):
    prompted = card(table("{passage}", cell), "t.json")
    row = InputRow("Rain", None, (("o1", "x"), ("o2", "y ")), ("x", "y "))
    assert answers_by_row(prompted, [row]) == [["x", "y"]]
    with_dataset(project, "[o1, o2, o3]")
    prompted = card(table("{passage}", cell).replace("mine", "for-wet"), "t.json", dataset="wet")
    assert answers_by_row(prompted, [ROW]) == [["road", "sun"]]


def test_cells_with_places_go_with_labels(card: Card):
    content = json.dumps([{
        "name": "mine", "template": "{text}", "choices": "{first} | none of them", "labels": "yes|no"
    }])  # fmt: skip
    prompted = card(content, "t.json")
    assert prompted.choices == {"yes": "{{ first }}", "no": "none of them"}
    assert answers_by_row(prompted, [InputRow("T", None, (("first", "x"),))]) == [["x", "none of them"]]


def test_row_has_no_labels_of_its_own(reason: Reason):
    content = json.dumps([{"name": "mine", "template": "{text}", "choices": "row", "labels": "yes|no"}])
    assert reason(content, "t.json").endswith("whose labels are A, B and so on: leave its labels blank")


def test_fixed_choices_are_written_out_and_letters_are_not(card: Card):
    prompted = card(table("{text} {choices}?", "glad|cross"), "t.json")
    assert render_inputs(prompted, [InputRow("T")]) == ["T glad, cross?"]
    by_letter = card(table("{text} {choices}?", "A|B|C").replace("mine", "two"), "t.json")
    assert render_inputs(by_letter, [ROW]) == ["Rain fell. road, sun, sky?"]
    assert list(by_letter.choices) == ["A", "B", "C"]


def test_a_card_of_another_project_comes_to_a_dataset_with_choices(wet: Path, card: Card):
    content = "name: mine\ndescription: d\ntemplate: '{{ text }} {{ choices }}'\nchoices: row\n"
    prompted = card(content, dataset="wet")
    assert prompted.takes_all_choices
    assert prompted.families == ("multiple choice",)


def test_fixed_choices_for_rows_with_their_own_are_told(wet: Path, importing: Importing):
    (outcome,) = importing(table("{passage}", "glad|cross"), "t.json", dataset="wet")
    assert "rows of wet have choices of their own, and its choices are others: ask for these" in outcome.note


def test_choices_of_rows_are_written_in_one_word(wet: Path, importing: Importing):
    (outcome,) = importing(promptfoo("{{text}} {{choices}}"), dataset="wet")
    written = (wet / str(outcome.card)).read_text()
    assert "\nchoices: row\n" in written
    assert importing(promptfoo("{{text}} {{choices}}"), dataset="wet")[0].state == "there already"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{text}} {% for text in x %}{{ text }}{% endfor %}", "{{text}} {% for each in x %}{{ each }}{% endfor %}"),
        ("{% for e in x %}{{e}}{% endfor %}{% for e in x %}{{e}}{% endfor %}",) * 2,
        ("{{e}}{% for e in x %}{{e ~ each}}{% endfor %}", "{{e}}{% for each_2 in x %}{{each_2 ~ each}}{% endfor %}"),
        ("{% for choices in choices %}{{choices}}{% endfor %}", "{% for each in choices %}{{each}}{% endfor %}"),
    ],
)  # fmt: skip
def test_loops_give_names_that_mean_nothing_else(template: str, expected: str):
    assert apart_loops(template, {"text", "choices"}) == expected


@pytest.mark.parametrize("name", ["text", "question", "asked", "choices"])
def test_a_loop_hides_no_field(wet: Path, card: Card, name: str):
    loop = f"{{% for {name} in options %}}<{{{{ {name} }}}}>{{% endfor %}}"
    prompted = card(promptfoo("{{passage}} {{asked}} " + loop), dataset="wet")
    assert render_inputs(prompted, [ROW]) == ["Rain fell. What got wet? <road><sun><sky>"]


def test_a_loop_over_places_is_one_over_choices(wet: Path, card: Card):
    loop = "{% for i in range(options|length) %}{{ loop.index }} {{ options[i] }} {% endfor %}"
    prompted = card(promptfoo("{{passage}} " + loop), dataset="wet")
    assert render_inputs(prompted, [ROW]) == ["Rain fell. 1 road 2 sun 3 sky "]


def test_from_a_dataset_to_a_prompt_that_shows_its_choices(wet: Path, tmp_path: Path):
    foo, sheet = tmp_path / "promptfooconfig.yaml", tmp_path / "prompts.csv"
    foo.write_text(promptfoo("{{passage}} {{question}}\n{% for o in options %}- {{o}}\n{% endfor %}"))
    sheet.write_text('name,template,choices\nsheet,"{passage} {question} {options}",row\n')
    done = run_cli("import", foo, sheet, "--dataset", "wet", "-p", wet)
    assert (done.code, done.err) == (0, "")
    assert "2 imported, 0 there already, 0 left out." in done.out
    assert "text is passage, fields question; each row's own choices, of options" in done.out
    checked = run_cli("validate", "-p", wet)
    assert checked.code == 0, checked.err
    shown = sorted(render_inputs(card, [ROW])[0] for card in load(wet).prompts.values() if card.takes_all_choices)
    assert shown == ["Rain fell. What got wet?\n- road\n- sun\n- sky\n", "Rain fell. What got wet? road, sun, sky"]

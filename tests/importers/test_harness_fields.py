"""Fields of lm-evaluation-harness that change a prompt: kept so that the harness' own rendering comes out, or told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.harness_rendering import harness_texts
from taskatlas.importers.harness import whole_fields
from taskatlas.importers.harness_fields import HARMLESS, KEPT, REFUSED
from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.predict.demonstrations import join_turns
from taskatlas.predict.render import InputRow, render_answer, render_answers, render_inputs
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import Demonstrations, PromptCard, WrittenExample
from tests.support.imported_files import harness
from tests.support.places import ROOT

CASES = ROOT / "tests" / "cases" / "imports"
SAMPLES = [{"note": "Rain all day", "label": 0}, {"note": "Sun", "label": 1}, {"note": "Hail", "label": 0}]
FIRST_TWO = {"sampler": "first_n", "samples": SAMPLES}
FREE = {"output_type": "generate_until", "doc_to_choice": None, "doc_to_target": "{{mood}}"}
FREE_SAMPLES = {"sampler": "first_n", "samples": [{"note": "Rain", "mood": "sad"}, {"note": "Sun", "mood": "glad"}]}
Importing = Callable[..., list[Outcome]]


def whole(card: PromptCard, note: str = "") -> str:
    """What a model reads of the text 'T' and the first answer, with the delimiter that the note advises."""
    advised = re.search(r'write delimiter: "((?:[^"\\]|\\.)*)" on the model', note)
    delimiter = advised[1].encode().decode("unicode_escape") if advised else " "
    examples = card.demonstrations.examples if card.demonstrations else ()
    rows = [InputRow(each.text, each.text_pair) for each in examples]
    answers = [render_answer(card, row, each.label) for row, each in zip(rows, examples, strict=True)]
    turns = tuple(zip(render_inputs(card, rows), answers, strict=True))
    shown = join_turns(turns, render_inputs(card, [InputRow("T")])[0], delimiter, card)
    return shown + (delimiter + render_answers(card)[0][0] if card.choices else "")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Note: T\nHappy? no"),
        ({"target_delimiter": "\n"}, "Note: T\nHappy?\nno"),
        ({"target_delimiter": ""}, "Note: T\nHappy?no"),
        ({"target_delimiter": ":"}, "Note: T\nHappy?:no"),
        ({"target_delimiter": "\nA long beginning of an answer:\n"},
         "Note: T\nHappy?\nA long beginning of an answer:\nno"),
        ({"target_delimiter": "\nA: "}, "Note: T\nHappy?\nA: no"),
        ({"target_delimiter": "", "doc_to_choice": [" no", " yes"]}, "Note: T\nHappy? no"),
        ({"target_delimiter": "", "doc_to_text": "{{note}} A: "}, "T A: no"),
        ({"target_delimiter": "", "doc_to_text": "{{note}}\n\n"}, "T\n\nno"),
        ({"doc_to_text": " {{note}} "}, " T  no"),
        ({"gen_prefix": "It is"}, "Note: T\nHappy? It is no"),
        ({"gen_prefix": "\nIt is "}, "Note: T\nHappy?\nIt is  no"),
        ({"gen_prefix": "Of {{note}}:", "target_delimiter": "\n"}, "Note: T\nHappy?\nOf T:\nno"),
        ({"num_fewshot": 2, "fewshot_config": FIRST_TWO}, "Note: Rain all day\nHappy? no\n\nNote: Sun\nHappy? yes\n\n"
                                                          "Note: T\nHappy? no"),
        (
            {"num_fewshot": 1, "fewshot_config": FIRST_TWO, "fewshot_delimiter": "\n---\n", "target_delimiter": "\n"},
            "Note: Rain all day\nHappy?\nno\n---\nNote: T\nHappy?\nno",
        ),
        (
            {"num_fewshot": 1, "fewshot_config": FIRST_TWO, "gen_prefix": "It is"},
            "Note: Rain all day\nHappy? It is no\n\nNote: T\nHappy? It is no",
        ),
        (
            {"num_fewshot": 1, "fewshot_config": FIRST_TWO, "gen_prefix": "It is", "target_delimiter": "\n"},
            "Note: Rain all day\nHappy?\nIt is no\n\nNote: T\nHappy?\nIt is\nno",
        ),
        (
            {"num_fewshot": 1, "fewshot_config": {**FIRST_TWO, "doc_to_text": "{{'{{'}} {{note}}:"}},
            "{{ Rain all day: no\n\nNote: T\nHappy? no",
        ),
        (
            {"num_fewshot": 1, "fewshot_config": {**FIRST_TWO, "doc_to_target": "no idea"}, "description": "Read.\n"},
            "Read.\nNote: Rain all day\nHappy? no idea\n\nNote: T\nHappy? no",
        ),
        (
            {"num_fewshot": 2, "fewshot_config": {**FIRST_TWO, "doc_to_target": "{{['yes', 'no'][label]}}"}},
            "Note: Rain all day\nHappy? yes\n\nNote: Sun\nHappy? no\n\nNote: T\nHappy? no",
        ),
        (
            {"num_fewshot": 1, "fewshot_config": {**FIRST_TWO, "doc_to_target": "{{label}}"}, "fewshot_delimiter": ""},
            "Note: Rain all day\nHappy? noNote: T\nHappy? no",
        ),
        ({"num_fewshot": 1, "fewshot_config": {**FIRST_TWO, "doc_to_target": ""}}, "Note: Rain all day\nHappy?"
                                                                                   "Note: T\nHappy? no"),
        ({**FREE, "num_fewshot": 2, "fewshot_config": FREE_SAMPLES, "target_delimiter": "\n"},
         "Note: Rain\nHappy?\nsad\n\nNote: Sun\nHappy?\nglad\n\nNote: T\nHappy?"),
        (
            {"num_fewshot": 1, "fewshot_config": {"samples": [{"label": 1}]},
             "doc_to_text": "{{note if note is defined}}!"},
            "! yes\n\nT! no",
        ),
        ({**FREE, "doc_to_text": "{{note}}\n", "gen_prefix": "```\n"}, "T\n```\n"),
    ],
)  # fmt: skip
def test_what_the_harness_shows_is_what_a_model_reads(project: Path, importing: Importing, fields: dict, expected: str):
    (outcome,) = importing(harness(**fields), text="note")
    assert outcome.state == "imported", outcome.note
    assert harness_texts(whole_fields(Path(outcome.file)), {"note": "T"})[0] == expected
    assert whole(load(project).prompts["corner-shop-2024-shop_notes"], outcome.note) == expected


def test_written_samples_become_demonstrations(project: Path):
    (outcome,) = import_files(project, [CASES / "shots.yaml"], ImportOptions())
    assert outcome.note == "free text; guessed: text is question"
    assert load(project).prompts["shop_sum-shop_sum_shots"].demonstrations == Demonstrations(
        choose="fixed",
        examples=(
            WrittenExample(text="Two pens and three more pens?", label="Five pens."),
            WrittenExample(text="Nine cups less four?", label="Five cups."),
        ),
    )


def test_samples_answer_with_the_labels_that_a_person_names(card: Callable[..., PromptCard]):
    content = harness(num_fewshot=2, fewshot_config=FIRST_TWO)
    shown = card(content, text="note", labels=("sad", "happy")).demonstrations
    assert shown is not None
    assert [each.label for each in shown.examples] == ["sad", "happy"]


@pytest.mark.parametrize(("case", "note"), [
    ("delim", r'"\n" stands before answers: write delimiter: "\n" on the model' "'s card"),
    ("prefix", "the beginning of the answer ends the template: The writer feels"),
])  # fmt: skip
def test_what_a_card_does_not_hold_is_told(project: Path, case: str, note: str):
    (outcome,) = import_files(project, [CASES / f"{case}.yaml"], ImportOptions())
    assert outcome.state == "imported"
    assert outcome.note.endswith(f"; labels: glad → glad, cross → cross; {note}")


NOTES = {
    "rows of the data set": (
        {"num_fewshot": 5, "fewshot_split": "dev", "fewshot_delimiter": "\n"},
        "the harness shows 5 answered rows first (num_fewshot): "
        r'write demonstrations: {choose: random, dataset: NAME, count: 5, separator: "\n"} on the card',
    ),
    "too many rows of the data set": ({"num_fewshot": 99}, "dataset: NAME, count: 64} on the card"),
    "a split goes before samples": (
        {"num_fewshot": 2, "fewshot_split": "dev", "fewshot_config": FIRST_TWO},
        "the harness shows 2 answered rows",
    ),
    "no number": ({"fewshot_config": FIRST_TWO}, "its 3 few-shot samples are not shown, as it gives no num_fewshot"),
    "too large a number": (
        {"num_fewshot": 9, "fewshot_config": FIRST_TWO}, "num_fewshot is 9, and it has 3 few-shot samples",
    ),
    "chance": (
        {"num_fewshot": 2, "fewshot_config": {"samples": SAMPLES}},
        "the harness draws its few-shot samples by chance, here they are in the order of the file",
    ),
    "an unknown field of samples": (
        {"num_fewshot": 2, "fewshot_config": {**FIRST_TWO, "fewshot_indices": [1]}},
        "of its fewshot_config is left out: fewshot_indices",
    ),
    "samples without the column": (
        {"num_fewshot": 1, "fewshot_config": {"samples": [{"label": 0}], "doc_to_text": "{{note}}"}},
        "its few-shot samples are left out: cannot be rendered ('note' is undefined)",
    ),
    "an answer that is no index": (
        {"num_fewshot": 1, "fewshot_config": {"samples": [{"note": "x", "label": "²"}], "doc_to_target": "{{label}}"}},
        "its few-shot samples are written into the template",
    ),
    "samples without an answer": (
        {"num_fewshot": 1, "fewshot_config": {"samples": [{"note": "x", "label": 7}]}},
        "its few-shot samples are left out: one of them has no answer that is text",
    ),
    "samples that are texts": (
        {"num_fewshot": 1, "fewshot_config": {"samples": ["x"]}},
        "its few-shot samples are left out: one of them has no named columns",
    ),
    "samples with space": (
        {"num_fewshot": 1, "fewshot_config": {"samples": [{"note": "x ", "label": 0}]}},
        "white space around texts and answers of its few-shot samples is left out",
    ),
    "a description": (
        {"num_fewshot": 1, "fewshot_config": {"samples": SAMPLES[:1]}, "description": "Read."},
        "its description stands in each demonstration, too",
    ),
    "a text of their own": (
        {"num_fewshot": 1, "fewshot_config": {"samples": SAMPLES[:1], "doc_to_text": "{{note}}"}},
        "its few-shot samples are written into the template",
    ),
    "spaces of choices": ({"doc_to_choice": [" no", "yes "]}, "white space around its choices is left out"),
    "filters": (
        {**FREE, "filter_list": [{"name": "strict", "filter": []}, {"filter": []}]},
        "what is written is read as a label as it stands, not by its filter_list: strict",
    ),
    "repeats": ({"repeats": 4}, "each text is asked once, not 4 times (repeats)"),
    "settings of writing": (
        {**FREE, "generation_kwargs": {"until": "\n", "max_gen_toks": 9, "do_sample": True}},
        r"for the model's card: stop: "
        r'["\n"], max_tokens: 9; answers are the likeliest ones, not drawn by chance (do_sample)',
    ),
    "a target that is a list": (
        {**FREE, "doc_to_target": " {{['sad', 'glad'][label]}}"}, "choices are those of its doc_to_target",
    ),
    "unknown fields": (
        {"assistant": "x", "voice": 1},
        "fields that are not known here, and may change what is asked: assistant, voice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTES)
def test_what_differs_is_told(importing: Importing, case: str):
    fields, note = NOTES[case]
    (outcome,) = importing(harness(**fields), text="note")
    assert outcome.state == "imported"
    assert note in outcome.note


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"doc_to_image": ["image"]}, "it shows an image (doc_to_image)"),
        ({"doc_to_audio": "sound"}, "it plays a sound (doc_to_audio)"),
        ({"class": "!function task.Own"}, "a Python class asks it (class)"),
        ({"use_prompt": "promptsource:x"}, "its text is in another collection (use_prompt): import that one's file"),
        ({"gen_prefix": 7}, "its gen_prefix is no text"),
        ({"gen_prefix": "!function u.p"}, "its gen_prefix is a Python function (!function)"),
        ({"target_delimiter": 7}, "its target_delimiter is no text"),
        ({"fewshot_config": "first_n"}, "its fewshot_config is no mapping"),
        ({"num_fewshot": "two"}, "its num_fewshot is no number of rows"),
    ],
)
def test_what_no_prompt_can_show_is_left_out(reason: Callable[..., str], fields: dict, why: str):
    assert why in reason(harness(**fields), text="note")


def test_harmless_fields_say_nothing(importing: Importing):
    fields = dict.fromkeys(HARMLESS - {"task", "dataset_path", "dataset_name"}, "x")
    more = {"num_fewshot": 0, "repeats": 1, "fewshot_config": {"sampler": "first_n"}, "fewshot_delimiter": "\n"}
    (outcome,) = importing(
        harness(**fields, **more, custom_dataset="x", filter_list=[], doc_to_image=None), text="note"
    )
    assert outcome.note == "labels: no → no, yes → yes"


def test_every_field_has_one_place():
    assert not KEPT & HARMLESS
    assert not REFUSED.keys() & (KEPT | HARMLESS)


@pytest.mark.parametrize(
    ("target", "labels", "expected"),
    [
        ("{{['no', 'yes'][label]}}", ("bad", "good"), {"bad": "no", "good": "yes"}),
        ("{{['yes', 'no'][label]}}", ("yes", "no"), {"no": "no", "yes": "yes"}),
    ],
)
def test_a_target_that_is_a_list_by_the_label(
    card: Callable[..., PromptCard], target: str, labels: tuple[str, ...], expected: dict[str, str]
):
    assert card(harness(doc_to_target=target), text="note", labels=labels).choices == expected


def test_a_target_in_another_order_than_the_choices(reason: Callable[..., str]):
    content = harness(doc_to_target="{{['yes', 'no'][label]}}")
    assert "picks its choice by a rule of its own" in reason(content, labels=("bad", "good"))


def test_a_target_with_answers_that_are_alike_is_free_text(card: Callable[..., PromptCard]):
    assert card(harness(**{**FREE, "doc_to_target": "{{['no', 'no', ''][label]}}"})).choices == {}

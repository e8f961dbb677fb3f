"""Which columns are taken for texts and labels, by their names and by what they hold."""

from __future__ import annotations

import pytest

from taskatlas.adding.columns import ColumnOptions, choose_columns
from taskatlas.errors import InputError, UnknownNameError

LONG = [f"a text of some length, number {place}" for place in range(20)]
SHORT = [f"title {place}" for place in range(20)]
IDS = [str(place) for place in range(20)]
TWO = ["good", "bad"] * 10
THREE = [("web", "app", "shop")[place % 3] for place in range(20)]
SCORES = [f"{place}.5" for place in range(20)]


@pytest.mark.parametrize(
    ("cells", "chosen"),
    [
        ({"id": IDS, "text": LONG, "label": TWO}, ("text", None, "label")),
        ({"Review Text": LONG, "Title": SHORT, "Sentiment": TWO, "Source": THREE}, ("Review Text", None, "Sentiment")),
        ({"reviewText": LONG, "starRating": TWO}, ("reviewText", None, "starRating")),
        ({"subject": SHORT, "body": LONG, "category": THREE}, ("body", None, "category")),
        ({"notes": LONG, "what": SHORT, "mood": TWO, "kind": THREE}, ("notes", None, "mood")),
        ({"premise": LONG, "hypothesis": SHORT, "label": THREE}, ("premise", "hypothesis", "label")),
        ({"text": LONG, "text_pair": ["", *SHORT[1:]], "label": THREE}, ("text", None, "label")),
        ({"text": LONG, "score": SCORES}, ("text", None, "score")),
        ({"text": LONG, "answer": SHORT, "split": TWO, "mood": THREE}, ("text", None, "mood")),
        ({"review_id": LONG, "comment": SHORT, "class": TWO}, ("comment", None, "class")),
        ({"": IDS, "Unnamed: 0": LONG, "q": SHORT, "y": TWO}, ("q", None, "y")),
    ],
)
def test_columns_are_guessed(cells: dict[str, list[str]], chosen: tuple[str, str | None, str]):
    columns = choose_columns(cells, ColumnOptions(), "reviews.csv")
    assert (columns.text, columns.text_pair, columns.label) == chosen
    assert all(field.why and field.option for field in columns.guesses), "a guess says why, and what mends it"


def test_what_is_said_is_no_guess_and_leaves_the_rest_to_be_guessed():
    cells = {"premise": LONG, "hypothesis": SHORT, "label": THREE, "mood": TWO}
    columns = choose_columns(cells, ColumnOptions(text="hypothesis", label="mood"), "reviews.csv")
    assert (columns.text, columns.text_pair, columns.label) == ("hypothesis", None, "mood")
    assert [field.line for field in columns.guesses] == ["hypothesis", "mood"]


def test_other_columns_that_could_be_labels_are_told():
    (_, label) = choose_columns({"t": LONG, "mood": TWO, "kind": THREE}, ColumnOptions(), "x.csv").guesses
    assert label.line == "mood, the column with the fewest values; or kind (--label)"


@pytest.mark.parametrize(
    ("cells", "options", "message"),
    [
        (
            {"id": IDS, "text": LONG},
            ColumnOptions(),
            "x.csv: no column looks like labels, with few values that come again; there are: id, text. "
            "Name it with --label COLUMN",
        ),
        ({"mood": TWO}, ColumnOptions(), "x.csv: no column is left for the text; there are: mood. Name it with --text"),
        ({"text": LONG, "mood": TWO}, ColumnOptions(label="moods"), "x.csv: no column is called 'moods'. Did you mean"),
    ],
)
def test_what_cannot_be_guessed_is_told_with_the_option(
    cells: dict[str, list[str]], options: ColumnOptions, message: str
):
    with pytest.raises((InputError, UnknownNameError)) as fault:
        choose_columns(cells, options, "x.csv")
    assert str(fault.value).startswith(message)


@pytest.mark.parametrize(
    "options", [ColumnOptions(), ColumnOptions(text="text", label="mood"), ColumnOptions(label="mood")]
)
def test_columns_of_one_name_are_told_where_one_of_them_may_be_meant(options: ColumnOptions):
    with pytest.raises(InputError) as fault:
        choose_columns({"note": LONG, "mood": TWO}, options, "x.csv", {"text": [1, 3]})
    assert str(fault.value) == "x.csv: 2 columns are called 'text' (columns 1, 3). Rename all but one of them"
    others = choose_columns({"note": LONG, "mood": TWO}, ColumnOptions(text="note"), "x.csv", {"text": [1, 3]})
    assert (others.text, others.label) == ("note", "mood")


QA = {
    "id": [str(at) for at in range(30)],
    "title": [f"Town {at % 3}" for at in range(30)],
    "context": [f"In {1800 + at} the bridge of town {at} fell into the river." for at in range(30)],
    "question": [f"When did the bridge of town {at} fall?" for at in range(30)],
}


def test_free_answers_are_found_by_what_they_are_called():
    answers = {
        "answers.text": [f'["{1800 + at}", "in {1800 + at}"]' for at in range(30)],
        "answers.answer_start": ['["3", "0"]'] * 30,
    }
    chosen = choose_columns(QA, ColumnOptions(), "qa.jsonl", within=answers)
    assert (chosen.text, chosen.text_pair, chosen.label) == ("context", "question", "answers.text")
    told = {guess.field: guess.why for guess in chosen.guesses}
    assert told["label"] == "as answers are called that are written freely"
    plain = {**QA, "answer": [f"It fell in {1800 + at}." for at in range(30)]}
    chosen = choose_columns(plain, ColumnOptions(), "qa.csv")
    assert (chosen.text, chosen.text_pair, chosen.label) == ("context", "question", "answer")


def test_what_was_said_of_texts_stays_with_free_answers():
    plain = {**QA, "answer": [f"It fell in {1800 + at}." for at in range(30)]}
    chosen = choose_columns(plain, ColumnOptions(text="question"), "qa.csv")
    assert (chosen.text, chosen.text_pair, chosen.label) == ("question", None, "answer")


def test_instructions_are_the_text_where_most_have_no_input():
    rows = {
        "instruction": [f"Say in one word what number {at} is." for at in range(30)],
        "input": ["", "", "a long text that is here and there beside an instruction, and nowhere else"] * 10,
        "output": [f"It is number {at}, and no other one." for at in range(30)],
    }
    chosen = choose_columns(rows, ColumnOptions(), "alpaca.csv")
    assert (chosen.text, chosen.text_pair, chosen.label) == ("instruction", None, "output")


@pytest.mark.parametrize("name", ["sentiment", "mood"])
def test_classes_come_before_free_answers_that_nothing_asks_for(name: str):
    rows = {
        "text": [f"text {at}" for at in range(40)],
        name: ["good", "bad"] * 20,
        "response": [f"We thank you for text {at}." for at in range(40)],
    }
    assert choose_columns(rows, ColumnOptions(), "reviews.csv").label == name
    del rows[name]
    assert choose_columns(rows, ColumnOptions(), "reviews.csv").label == "response"

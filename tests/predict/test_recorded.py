from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256, text_id
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import Example, LabelMap, ModelContext
from taskatlas.schemas.models import RecordedModel
from tests.support.asking import examples, predict

CSV = "text,output,p_no,p_yes\n  Good   day ,yes,0.2,0.8\nbad day,no,0.9,0.1\nso so,no,0.4,0.6\n"
TEXTS = ["Good day", "bad day", "so so"]


@pytest.fixture
def answer(tmp_path, parts):
    """Predictions of a recorded model whose file is given, as Python rows."""

    def run(content=CSV, texts=TEXTS, name="out.csv", origin_kind="corpus", **fields):
        if content is not None:
            (tmp_path / name).write_text(content, encoding="utf-8")
        card_fields = {
            "source": name,
            "sha256": file_sha256(tmp_path / name),
            "labels": ("no", "yes"),
            "revision": "1",
            **fields,
        }
        card = RecordedModel(kind="recorded", name="r", description="d", **card_fields)
        return predict(card, [None], examples(texts, None, origin_kind), tmp_path, parts)["r"].to_pylist()

    return run


def test_is_matched_by_the_cleaned_text(answer):
    rows = answer(probabilities={"yes": "p_yes", "no": "p_no"})
    assert [row["label"] for row in rows] == ["yes", "no", "no"]
    assert rows[2]["probabilities"] == pytest.approx([0.4, 0.6]), "in the order of labels; the output stands"
    assert answer()[0]["probabilities"] is None


def test_white_space_decides_only_where_it_must(answer):
    lines = ["a  b,yes", "a b,no", "one line,yes"]
    rows = answer("\n".join(["text,output", *lines, ""]), ["a b", "a  b", "one\n  line"])
    assert [row["label"] for row in rows] == ["no", "yes", "yes"]
    assert answer("\n".join(["text,output", *lines, ""]), ["a\nb"]) == []


def test_free_texts_keep_their_lines(answer):
    (row,) = answer('text,output\na,"one\n  two"\n', ["a"], labels="text")
    assert row["output"] == "one\n  two"


def test_pairs(answer):
    lines = ['{"a": "x", "b": "y", "out": "yes"}', '{"a": "x", "b": null, "out": "no"}']
    columns = {"text": "a", "text_pair": "b", "label": "out"}
    rows = answer("\n".join(lines), [("x", None), ("x", "y")], "out.jsonl", columns=columns)
    assert [row["label"] for row in rows] == ["no", "yes"]


def test_numbers_and_texts(answer, tmp_path):
    assert [
        row["value"] for row in answer("text\toutput\na\t1.5\nb\t-2\n", ["a", "b"], "out.tsv", labels="number")
    ] == [1.5, -2]
    pq.write_table(pa.table({"text": ["a"], "output": ["free words"]}), tmp_path / "out.parquet")
    (row,) = answer(None, ["a"], "out.parquet", labels="text")
    assert (row["output"], row["label"], row["value"]) == ("free words", None, None)


@pytest.mark.parametrize("origin_kind", ["corpus", "dataset"])
def test_what_is_not_recorded_is_left_out(answer, origin_kind):
    rows = answer(texts=["bad day", "first unknown", "second unknown"], origin_kind=origin_kind, min_coverage=0.6)
    assert [row["label"] for row in rows] == ["no"]
    assert answer(texts=["unknown"], origin_kind=origin_kind) == []


LETTERS = ("A", "B", "C")
CHOICES = {"text": "q", "choices": "options", "label": "said"}
FROM_ONE = {"1": "A", "2": "B", "3": "C"}
EXAM = [("one?", ["cat", "dog"]), ("two?", ["dog", "cat", "2"]), ("three?", ["x", "y", "z"])]


@pytest.fixture
def chosen(tmp_path, parts):
    """What a recorded model says of EXAM, whose rows have choices, and of a further row."""

    def run(said, label_map=None, further=(), asked=None, **fields):
        rows = [{"q": q, "options": options, "said": each} for (q, options), each in zip(EXAM, said, strict=True)]
        rows += further
        path = tmp_path / "out.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        about = {"name": "r", "description": "d", "source": path.name, "sha256": file_sha256(path), "revision": "1"}
        card = RecordedModel(kind="recorded", labels=LETTERS, columns=CHOICES, **{**about, **fields})
        texts = [Example(text_id(q, None, (), options), q, choices=tuple(options)) for q, options in EXAM]
        maps = () if label_map is None else [LabelMap(label_map, texts)]
        others = [(row["q"], row["options"]) for row in further]
        texts = [*texts, *(Example(text_id(q, None, (), own), q, choices=tuple(own)) for q, own in others)][:asked]
        model = load_model(card, ModelContext(tmp_path, parts, label_maps=maps))
        [answers] = model.answer([None], texts)
        return answers.to_table("r", [text.text_id for text in texts]).to_pylist()

    return run


@pytest.mark.parametrize(
    ("said", "places"),
    [
        (["A", "b", "C"], "ABC"),
        ([0, 1, 2], "ABC"),
        (["0", "2", "1"], "ACB"),
        (["dog", "cat", "y"], "BBB"),
        ([[0.2, 0.8], [-3.5, -0.1, -7], [1, 0, 0]], "BBA"),
        (["[0.2, 0.8]", "[3, 1, 0]", "[0, 0, 1]"], "BAC"),
    ],
)
def test_an_output_names_a_choice_as_a_label_does(chosen, said, places):
    assert [row["label"] for row in chosen(said)] == [*places]


def test_indices_count_as_the_card_of_their_dataset_says(chosen):
    assert [row["label"] for row in chosen([1, 3, 3], FROM_ONE)] == ["A", "C", "C"]
    assert [row["label"] for row in chosen([1, 0, 2], {})] == ["B", "A", "C"]
    with pytest.raises(ModelError, match=r"no output is 0, and 2 are as large.*Write their places") as caught:
        chosen([1, 3, 3], {})
    assert "label_map" in caught.value.todo
    assert [row["label"] for row in chosen(["A", "C", "C"], {})] == ["A", "C", "C"], "as is advised"


def test_a_row_of_no_dataset_counts_as_the_datasets_do(chosen):
    other = [{"q": "four?", "options": ["x", "y"], "said": 2}]
    assert [row["label"] for row in chosen([1, 3, 3], FROM_ONE, other)] == ["A", "C", "C", "B"]
    with pytest.raises(ModelError, match=r"the output '2' means no choice .* it is of 'four\?'"):
        chosen([1, 0, 2], {}, other)
    assert len(chosen([1, 0, 2], {}, other, asked=3)) == 3, "nobody asks for it"


def test_scores_that_are_probabilities_stay_so(chosen):
    rows = chosen([[0.2, 0.8], [0.5, 0.3, 0.2], [0, 0, 1]])
    assert [row["probabilities"] for row in rows] == [
        pytest.approx([0.2, 0.8, 0]), pytest.approx([0.5, 0.3, 0.2]), [0, 0, 1],
    ]  # fmt: skip
    assert [row["output"] for row in rows] == ["B", "A", "C"]
    others = chosen([[2, 8], [5, 3, 2], [0, 0, 1]])
    assert [row["label"] for row in others] == ["B", "A", "C"]
    assert {row["probabilities"] for row in others} == {None}


def test_a_choice_that_is_not_there_needs_no_probability(tmp_path, parts):
    path = tmp_path / "out.csv"
    path.write_text('q,options,said,a,b,c\none?,"[""cat"", ""dog""]",B,0.4,0.6,\n', encoding="utf-8")
    about = {"name": "r", "description": "d", "source": path.name, "sha256": file_sha256(path), "revision": "1"}
    probable = {"A": "a", "B": "b", "C": "c"}
    card = RecordedModel(kind="recorded", labels=LETTERS, columns=CHOICES, probabilities=probable, **about)
    text = Example(text_id("one?", None, (), ["cat", "dog"]), "one?", choices=("cat", "dog"))
    [answers] = load_model(card, ModelContext(tmp_path, parts)).answer([None], [text])
    assert answers.probabilities.tolist() == [pytest.approx([0.4, 0.6, 0])]


@pytest.mark.parametrize("said", ["fish", "[0.5, 0.5]", None, "[1]"])
def test_what_means_no_choice_is_refused(chosen, said):
    with pytest.raises(ModelError, match=r"the output .* means no choice of its row") as caught:
        chosen([said, "A", "B"])
    assert "its text" in caught.value.todo


@pytest.mark.parametrize(
    ("content", "fields", "message"),
    [
        (CSV, {"sha256": "0" * 64}, "out.csv has another SHA-256: expected 0{64}, found"),
        (CSV, {"source": "gone.csv"}, "model r: gone.csv: there is no such file"),
        (CSV, {"labels": ("nope", "yes")}, "row 2: the output 'no' is none of the card's labels. Did you mean 'nope'"),
        (CSV, {"labels": "number"}, "row 1: 'yes' is no finite number"),
        (CSV, {"probabilities": {"yes": "p_yes"}}, "does not name a column for each label"),
        (CSV, {"probabilities": {"yes": "p_yes", "no": "p_nope"}}, "p_nope"),
        (CSV + "bad day,yes,0,1\n", {}, "row 4: another output for 'bad day' than in a row before"),
        (CSV.replace("0.9", "nan"), {"probabilities": {"yes": "p_yes", "no": "p_no"}}, "'nan' is no finite number"),
        (CSV.replace("0.9", "0.8"), {"probabilities": {"yes": "p_yes", "no": "p_no"}}, "do not sum to 1"),
        (CSV.replace("output", "answer"), {}, "output"),
    ],
)
def test_bad_files(answer, content, fields, message):
    with pytest.raises(ModelError, match=message):
        answer(content, **fields)

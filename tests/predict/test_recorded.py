from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256
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

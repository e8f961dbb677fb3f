from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from taskatlas.errors import ModelError
from taskatlas.hashing import text_id
from taskatlas.predict.kinds import probe
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.models import ProbeModel
from tests.support.asking import examples, predict

CARD = ProbeModel(kind="probe", name="p", description="d", encoder="minilm", dataset="moods")
TRAIN = {
    "What a lovely, joyful day": "happy",
    "We laughed and sang for hours": "happy",
    "This is the best news ever": "happy",
    "I miss him and cannot stop crying": "sad",
    "A gloomy, lonely and hopeless week": "sad",
    "My heart is broken": "sad",
}
TEXTS = ["The wonderful party made everyone smile", "She wept at the funeral"]


def _dataset(**fields: object) -> DatasetCard:
    card_fields = {"labels": ("sad", "happy"), "family": "f", "domain": "d", "source": "s.csv", **fields}
    return DatasetCard(name="moods", description="d", **card_fields)


@pytest.fixture
def answer(tmp_path, parts, encoder_card):
    """Predictions of a probe on TEXTS, as Python rows."""

    def run(train=TRAIN, texts=TEXTS, **fields):
        table = examples(list(train), list(train.values()), "dataset")
        options = {"train": table, "encoder": encoder_card, "dataset": _dataset(**fields)}
        return predict(CARD, [None], examples(texts), tmp_path, parts, "cpu", **options)["p"].to_pylist()

    return run


def test_learns_its_dataset(answer):
    rows = answer()
    assert [row["label"] for row in rows] == ["happy", "sad"]
    assert rows[0]["probabilities"][1] > 0.6


def as_fields(table: pa.Table) -> pa.Table:
    """The texts as a field of rows whose texts are alike."""
    fields = [(("said", text),) for text in table["text"].to_pylist()]
    columns = {
        "text_id": [text_id("Somebody said:", None, each) for each in fields],
        "text": ["Somebody said:"] * table.num_rows,
        "fields": [[*each] for each in fields],
    }
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))
    return table


def test_learns_from_fields_what_it_answers_by(tmp_path, parts, encoder_card):
    train, asked = as_fields(examples([*TRAIN], [*TRAIN.values()], "dataset")), as_fields(examples(TEXTS))
    context = {"train": train, "encoder": encoder_card, "dataset": _dataset()}
    rows = predict(CARD, [None], asked, tmp_path, parts, "cpu", **context)["p"].to_pylist()
    assert [row["label"] for row in rows] == ["happy", "sad"]
    assert rows[0]["probabilities"][1] > 0.6


def test_a_fitted_probe_answers_alike_when_loaded_again(answer, monkeypatch):
    fresh = answer()
    monkeypatch.setattr(probe.Probe, "_classifier", None)
    assert answer() == fresh


def test_is_what_scikit_learn_says(answer, tmp_path, encoder_card):
    from sklearn.linear_model import LogisticRegression

    from taskatlas.predict.encode import encoder_for, last_layer

    labels = {**TRAIN, "The kettle is on the table": "calm", "A plain grey wall": "calm"}
    rows = answer(labels, labels=("sad", "happy", "calm"))
    phi = last_layer(encoder_for(encoder_card.weights, tmp_path, "cpu").encode([(t, None) for t in [*labels, *TEXTS]]))
    known = phi[: len(labels)]
    scale = np.sqrt(((known - known.mean(0)) ** 2).sum(1).mean()) / probe.LENGTH
    fitted = LogisticRegression(max_iter=5_000, tol=1e-8).fit(known / scale, list(labels.values()))
    expected = fitted.predict_proba(phi[len(labels) :] / scale)[:, [2, 1, 0]]
    np.testing.assert_allclose([row["probabilities"] for row in rows], expected, atol=1e-3)


def test_a_label_without_examples_has_probability_zero(answer):
    rows = answer(labels=("angry", "sad", "happy"))
    assert [row["probabilities"][0] for row in rows] == [0, 0]
    assert [row["label"] for row in rows] == ["happy", "sad"]


def test_numbers_stay_in_their_range(answer):
    scores = {text: 5.0 if label == "happy" else 1.0 for text, label in TRAIN.items()}
    happy, sad = (row["value"] for row in answer(scores, labels="number"))
    assert happy > 3 > sad
    low, high = (row["value"] for row in answer(scores, labels="number", value_range=(2.9, 3.1)))
    assert (low, high) == (3.1, 2.9)


def test_other_examples_or_labels_are_another_probe(answer, parts):
    answer()
    answer({**TRAIN, "Bliss": "happy"})
    answer(labels=("happy", "sad"))
    answer()
    assert len(list((parts.root / probe.KIND).iterdir())) == 3


def test_needs_two_labels_and_its_surroundings(answer, tmp_path, parts):
    with pytest.raises(ModelError, match="train split of moods has the label happy only"):
        answer({"a": "happy", "b": "happy"})
    with pytest.raises(ModelError, match="model p: needs its encoder"):
        predict(CARD, [None], examples(TEXTS), tmp_path, parts, "cpu")

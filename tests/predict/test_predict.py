from __future__ import annotations

import subprocess
import sys

import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.kinds import KINDS, load_model
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import distinct
from taskatlas.schemas.models import MODEL_KINDS, EncoderModel
from taskatlas.schemas.tables import TABLES
from tests.support.asking import examples, predict, prompt


def test_every_kind_of_card_has_a_class():
    assert set(KINDS) == set(MODEL_KINDS)


def test_an_unknown_kind(tmp_path, parts, encoder_card):
    card = encoder_card.model_copy(update={"kind": "encode"})
    with pytest.raises(ModelError, match=r"there is no kind 'encode'. Did you mean 'encoder'"):
        load_model(card, ModelContext(tmp_path, parts))


def test_equal_texts_are_answered_once(tmp_path, parts, tiny):
    card = EncoderModel(kind="encoder", name="tiny", description="d", weights=tiny())
    tables = predict(card, [prompt()], examples(["the dog", "a cat", "the dog"]), tmp_path, parts, "cpu")
    assert tables["tiny/plain"].num_rows == 2
    assert tables["tiny/plain"].schema.names == TABLES["predictions"].schema.names


def test_of_no_texts(tmp_path, parts, tiny):
    card = EncoderModel(kind="encoder", name="tiny", description="d", weights=tiny())
    assert predict(card, [prompt()], examples([]), tmp_path, parts, "cpu")["tiny/plain"].num_rows == 0


def test_a_text_of_corpus_and_dataset_is_of_the_corpus():
    import pyarrow as pa

    both = pa.concat_tables([examples(["a", "b"]), examples(["a", "c"], origin_kind="dataset")])
    assert [(one.text, one.in_corpus) for one in distinct(both)] == [("a", True), ("b", True), ("c", False)]


def test_importing_it_loads_no_heavy_library():
    heavy = "{'torch', 'transformers', 'sklearn', 'datasets', 'pandas', 'huggingface_hub', 'vaderSentiment'}"
    code = (
        f"import sys, taskatlas.predict.predict, taskatlas.predict.features; sys.exit(str({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"

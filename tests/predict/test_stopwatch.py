"""Seconds per answer: of the batches that were read, and of no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from taskatlas.hashing import file_sha256
from taskatlas.predict import packs, stopwatch
from taskatlas.predict.features import _seconds
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import answer_subjects
from taskatlas.schemas.models import EncoderModel, RecordedModel
from taskatlas.store.parts import Parts
from tests.support.asking import examples, prompt

TEXTS = ["the dog", "a cat", "the mat", "it was good"]


def taken(card: Any, prompts: Any, folder: Path, parts: Parts) -> dict[str, int]:
    """How many answers were timed, by subject."""
    loaded = load_model(card, ModelContext(folder, parts, "cpu"))
    answers = answer_subjects(loaded, card, prompts, examples(TEXTS))
    assert all(each >= 0 for found in answers.values() for each in found.seconds)
    return {name: sum(found.seconds.values()) for name, found in answers.items()}


def test_batches_within_two_blocks_count_in_both_and_outside_in_none():
    with stopwatch.running() as outer:
        with stopwatch.running() as inner:
            stopwatch.took(0.5, texts=3)
        stopwatch.took(0.25)
    stopwatch.took(9.0)
    assert inner == {0.5: 3}
    assert outer == {0.5: 3, 0.25: 1}


def test_a_batch_that_fails_is_not_counted_and_its_halves_are():
    def work(rows: packs.Rows) -> None:
        if len(rows) > 2:
            raise torch.OutOfMemoryError("out of memory")

    with stopwatch.running() as seconds:
        of_rows = packs.run([np.arange(4)], work, "here")
    assert seconds.total() == 4
    assert sorted(of_rows) == [0, 1, 2, 3]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.1), (0.5, 0.1), (0.51, 0.2), (0.95, 3.0), (1.0, 3.0)])
def test_quantiles(share: float, expected: float):
    assert stopwatch.quantile({0.2: 4, 0.1: 5, 3.0: 1}, share) == expected
    assert stopwatch.quantile({}, share) is None


def test_an_encoders_answers_take_what_encoding_took_whoever_had_it_done(tiny, tmp_path: Path, parts: Parts):
    card = EncoderModel(kind="encoder", name="enc", description="d", weights=tiny(), precision="float32")
    prompts = [prompt("one"), prompt("two", choices={"a": "dog", "b": "cat"}), prompt("so", template="So: {{ text }}")]
    expected = dict.fromkeys(("enc/one", "enc/two", "enc/so"), len(TEXTS))
    assert taken(card, prompts, tmp_path, parts) == expected, "and not what its choices took"
    assert taken(card, prompts, tmp_path, parts) == expected, "nothing is encoded again"


def test_texts_that_were_encoded_before_seconds_were_kept_are_of_unknown_time(tiny, tmp_path: Path, parts: Parts):
    card = EncoderModel(kind="encoder", name="enc", description="d", weights=tiny(), precision="float32")
    taken(card, [prompt()], tmp_path, parts)
    for path in (parts.root / "features").glob("*.parquet"):
        rows = pq.read_table(path)
        pq.write_table(rows.drop_columns(["seconds"]), path)
    _seconds.cache_clear()
    assert taken(card, [prompt()], tmp_path, parts) == {"enc/plain": 0}


def test_a_recorded_model_has_none(tmp_path: Path, parts: Parts):
    (tmp_path / "out.csv").write_text("text,output\n" + "".join(f"{text},no\n" for text in TEXTS))
    sha256 = file_sha256(tmp_path / "out.csv")
    card = RecordedModel(
        kind="recorded", name="r", description="d", source="out.csv", sha256=sha256, labels=("no", "yes"), revision="1"
    )
    assert taken(card, [None], tmp_path, parts) == {"r": 0}

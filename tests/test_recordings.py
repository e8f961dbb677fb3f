"""The recorded answers of a language model: whole, small, of the prompts as they are, and safe from being killed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.smollm import asked as ask
from benchmarks.smollm import starter
from benchmarks.smollm.recordings import FOLDER, PARTS, Piece, Recording
from taskatlas.errors import InputError
from taskatlas.predict.identity import model_id
from taskatlas.predict.render import check_prompt, prompt_version
from taskatlas.project.starter import STARTER
from taskatlas.registry.load import load
from taskatlas.schemas.models import RecordedModel

FILES = sorted(FOLDER.glob("*.jsonl"))
HEADER: dict[str, Any] = {
    "model": "m", "labels": ["a", "b"], "prompts": {"one": "1"}, "corpus": ["c"] * 4, "test": ["t"] * 2,
    "gold": ["a", "b"],
}  # fmt: skip


def test_they_are_small_and_of_datasets_that_have_prompts():
    assert {path.stem for path in FILES} == set(ask.names())
    assert 0 < sum(path.stat().st_size for path in FILES) < 2_000_000


@pytest.mark.parametrize("name", ask.names())
def test_prompts_hold(name: str):
    prompts = ask.prompts(name)
    assert len({prompt.name for prompt in prompts}) == len(prompts) >= 12
    for prompt in prompts:
        check_prompt(prompt)
        assert set(prompt.choices) == set(prompts[0].choices)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_is_whole_and_of_the_prompts_as_they_are(path: Path):
    recording = Recording(path.stem)
    assert recording.header["prompts"] == {prompt.name: prompt_version(prompt) for prompt in ask.prompts(path.stem)}
    assert recording.header["model"] == model_id(ask.model())
    assert recording.whole
    for prompt in recording.prompts():
        for part in PARTS:
            probabilities = recording.probabilities(prompt, part)
            assert probabilities.shape == (ask.TEXTS, len(recording.header["labels"]))
            np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-3)


def test_a_line_that_was_cut_off_is_answered_again(tmp_path: Path):
    first, last = Piece("one", "corpus", 0, 2), Piece("one", "corpus", 2, 4)
    recording = Recording("mine", HEADER, tmp_path)
    recording.add({first: np.array([[0.25, 0.75], [1.0, 0.0]])})
    recording.add({last: np.array([[0.5, 0.5], [0.12345, 0.87655]])})
    path = tmp_path / "mine.jsonl"
    assert np.array_equal(Recording("mine", folder=tmp_path).probabilities("one", "corpus")[3], [0.1234, 0.8766])
    path.write_bytes(path.read_bytes()[:-9])
    again = Recording("mine", HEADER, tmp_path)
    assert again.has(first)
    assert not again.has(last)
    assert again.prompts() == []
    again.add({last: np.full((2, 2), 0.5), Piece("one", "test", 0, 2): np.full((2, 2), 0.5)})
    assert Recording("mine", folder=tmp_path).prompts() == ["one"]


def test_a_recording_of_something_else_is_left_alone(tmp_path: Path):
    Recording("mine", HEADER, tmp_path)
    with pytest.raises(InputError, match=r"mine\.jsonl: holds answers of other prompts.*Remove mine\.jsonl"):
        Recording("mine", HEADER | {"prompts": {"one": "2"}}, tmp_path)
    with pytest.raises(InputError, match="is not recorded"):
        Recording("other", folder=tmp_path)


def test_the_starters_recordings_are_of_the_prompts_as_they_are():
    cards = [model for model in load(STARTER).models.values() if model.name.startswith("smollm2-")]
    assert len(cards) == 6
    for family, entry in starter.entries().items():
        with starter.target(family).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        prompts, of_family = ask.written(entry), [card for card in cards if card.families == (family,)]
        assert {card.columns.label for card in of_family if isinstance(card, RecordedModel)} == {
            p.name for p in prompts
        }
        for prompt in prompts:
            check_prompt(prompt)
            chances = np.array([[float(row[f"{prompt.name} {label}"]) for label in prompt.choices] for row in rows])
            np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-3)
            likeliest = [[*prompt.choices][place] for place in chances.argmax(axis=1)]
            assert [row[prompt.name] for row in rows] == likeliest


def test_the_starters_recordings_say_what_was_asked_of_what_and_by_which_license():
    for card in load(STARTER).models.values():
        if isinstance(card, RecordedModel) and card.name.startswith("smollm2-"):
            (family,) = card.families
            prompts = {prompt.name: prompt for prompt in ask.written(starter.entries()[family])}
            prompt = prompts[card.columns.label]
            assert card.license == "Apache-2.0"
            assert card.source == f"data/{starter.target(family).name}"
            assert card.name == f"smollm2-{'review' if family == 'sentiment' else family}-{prompt.name}"
            assert all(word in card.description for word in prompt.choices.values())


def test_the_starters_recordings_answer_what_a_run_asks():
    for family, texts in starter.texts_of(load(STARTER)).items():
        with starter.target(family).open(encoding="utf-8", newline="") as stream:
            answered = [(row["text"], row["text_pair"]) for row in csv.DictReader(stream)]
        assert answered == [(each.text, each.text_pair or "") for each in (*texts.test, *texts.corpus)]
        assert len(texts.corpus) == 816

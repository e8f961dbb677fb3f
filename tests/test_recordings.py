"""The recorded answers of a language model: whole, small, of the prompts as they are, and safe from being killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.smollm import asked as ask
from benchmarks.smollm.recordings import FOLDER, PARTS, Piece, Recording
from taskatlas.errors import InputError
from taskatlas.predict.identity import model_id
from taskatlas.predict.render import check_prompt, prompt_version

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

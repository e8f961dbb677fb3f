"""A fake of the package vllm: its shapes and refusals, with the likelihoods of a real model of transformers."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import torch


@dataclass
class SamplingParams:
    temperature: float = 1.0
    max_tokens: int = 16
    stop: list[str] | None = None
    prompt_logprobs: int | None = None
    flat_logprobs: bool = False
    detokenize: bool = True


@dataclass
class Logprob:
    logprob: float
    rank: int


class LLM:
    """One sequence at a time, without padding or anything kept."""

    instances: ClassVar[list[LLM]] = []

    def __init__(self, model: str, **settings: Any) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        auto: Any = AutoModelForCausalLM
        self.model, self.settings = auto.from_pretrained(model, dtype=torch.float32).eval(), settings
        max_positions = self.model.config.max_position_embeddings
        if settings["max_model_len"] > max_positions:
            raise ValueError(f"max_model_len is greater than {max_positions}\nand more")
        self.tokenizer = AutoTokenizer.from_pretrained(settings["tokenizer"])
        self.requests: list[list[int]] = []
        LLM.instances.append(self)

    def generate(self, prompts: list[Any], params: SamplingParams, *, use_tqdm: bool = True) -> list[Any]:
        assert params.temperature == 0.0
        assert not use_tqdm
        return [self._answered(prompt["prompt_token_ids"], params) for prompt in prompts]

    def _answered(self, tokens: list[int], params: SamplingParams) -> Any:
        if len(tokens) >= self.settings["max_model_len"]:
            raise ValueError(f"a prompt of {len(tokens)} tokens leaves no room for an answer")
        self.requests.append(tokens)
        prompt_logprobs = self._prompt_logprobs(tokens) if params.prompt_logprobs else None
        return SimpleNamespace(
            prompt_logprobs=prompt_logprobs, outputs=[SimpleNamespace(text=self._written(tokens, params))]
        )

    @torch.no_grad()
    def _prompt_logprobs(self, tokens: list[int]) -> list[dict[int, Logprob] | None]:
        likely = self.model(torch.tensor([tokens])).logits.log_softmax(-1)[0]
        logprobs: list[dict[int, Logprob] | None] = [None]
        for row, token in zip(likely, tokens[1:], strict=False):
            best = int(row.argmax())
            logprobs.append(
                {each: Logprob(float(row[each]), int((row > row[each]).sum()) + 1) for each in (token, best)}
            )
        return logprobs

    @torch.no_grad()
    def _written(self, tokens: list[int], params: SamplingParams) -> str:
        new: list[int] = []
        for _ in range(params.max_tokens):
            new.append(int(self.model(torch.tensor([tokens + new])).logits[0, -1].argmax()))
            if new[-1] == self.tokenizer.eos_token_id:
                break
        text = str(self.tokenizer.decode(new, skip_special_tokens=True))
        stops = [text.find(stop) for stop in params.stop or () if stop in text]
        return text[: min(stops)] if stops else text

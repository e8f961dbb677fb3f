"""A causal language model in vLLM's offline engine, for accelerators (Kwon et al. 2023, arXiv 2309.06180).

vLLM is given the verified folder, tokens instead of texts, and every setting that a checkpoint could bring itself. The
likelihood of an answer is read from `prompt_logprobs` of a text and the answer; vLLM reads no kept keys and values for
such requests, and its likelihoods could depend on the order of requests where it keeps them (its issue 42019), so
prefix caching is on for writing only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict.device import choose_device
from taskatlas.predict.language import causal
from taskatlas.predict.language.engine import Answer, Engine, Floats
from taskatlas.predict.load import load_config, load_tokenizer
from taskatlas.predict.placement import precision_on
from taskatlas.predict.reading import until
from taskatlas.predict.weights import all_verified, locate
from taskatlas.schemas.language import VllmModel

AT_ONCE = 256
"""Texts that vLLM is given in one call; it makes its own batches of them."""
STEP = 2_048
"""Tokens of a step in mode choices, as all their logits are in memory beside what the engine takes."""


class VllmEngine(Engine):
    """A causal language model in vLLM; weights are loaded when it is made."""

    def __init__(self, card: VllmModel, project: Path, device: str = "auto") -> None:
        """Start the engine with pinned weights.

        Raises:
            ModelError: vLLM is not installed or does not start, the weights are missing, wrong or not all that vLLM
                would read, or the device is not there or a processor.
        """
        where = f"model {card.name}"
        llm, self._params = _imported(where)
        chosen = choose_device(device)
        if chosen == "cpu":  # vLLM would start on an accelerator all the same
            todo = "choose another device, or use kind: causal"
            raise ModelError("kind vllm is for accelerators, and the device is cpu", where=where, todo=todo)
        precision, folder = precision_on(chosen, card.precision), locate(card.weights, project)
        all_verified(folder, where)
        # vLLM always writes a token, which has to have a place, too
        super().__init__(card, load_tokenizer(folder, where), load_config(folder, where), spare=1)
        given = {"tensor_parallel_size": card.tensor_parallel, "gpu_memory_utilization": card.gpu_memory}
        try:
            self._llm = llm(
                model=str(folder), tokenizer=str(folder), trust_remote_code=False, load_format="safetensors",
                generation_config="vllm", dtype=precision, max_model_len=self.room + 1, seed=0,
                enable_prefix_caching=card.writes, **({} if card.writes else {"max_num_batched_tokens": STEP}), **given,
            )  # fmt: skip
        except Exception as error:  # of vLLM, torch, CUDA and the weights' own
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            todo = "check the folder's files, tensor_parallel and gpu_memory on the card, and the log above"
            raise ModelError(f"does not start in vLLM ({reason})", where=where, todo=todo) from error

    def tokenised(self, texts: Sequence[str], answers: Sequence[str]) -> tuple[list[list[int]], list[list[Answer]]]:
        """As of kind causal."""
        return causal.tokenised(self, texts, answers)

    def likelihoods(self, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
        """One request per text and answer."""
        params = self._params(temperature=0.0, max_tokens=1, prompt_logprobs=1, flat_logprobs=True, detokenize=False)
        found: list[Floats] = []
        for rows in _in_turn(len(texts)):
            pairs = [(texts[row], answer) for row in rows for answer in answers[row]]
            told = self._generated([[*text, *answer] for text, answer in pairs], params)
            each = [
                likelihood_in(one.prompt_logprobs, [*text, *answer], len(answer), self.where)
                for one, (text, answer) in zip(told, pairs, strict=True)
            ]
            found += np.split(np.array(each), np.cumsum([len(answers[row]) for row in rows])[:-1])
            progress.advance("answer", len(rows))
        return found

    def written(self, texts: Sequence[str]) -> list[str]:
        """The likeliest token after the other."""
        stops = list(self.card.stop) or None
        params = self._params(temperature=0.0, max_tokens=self.card.max_tokens, stop=stops)
        tokens = [self.fitted(some, self.card.max_tokens) for some in self.tokens(texts)]
        found: list[str] = []
        for rows in _in_turn(len(texts)):
            told = self._generated([tokens[row] for row in rows], params)
            found += [until(one.outputs[0].text, self.card.stop) for one in told]
            progress.advance("answer", len(rows))
        return found

    def _generated(self, tokens: Sequence[list[int]], params: Any) -> Sequence[Any]:
        """What vLLM answers, in the order of what it is given."""
        prompts = [{"prompt_token_ids": some} for some in tokens]
        found: Sequence[Any] = self._llm.generate(prompts, params, use_tqdm=False)
        return found


def likelihood_in(
    told: Sequence[Mapping[int, Any] | None] | None, tokens: Sequence[int], last: int, where: str
) -> float:
    """The summed log-likelihood of the last so many tokens, from `prompt_logprobs` of a request.

    Args:
        told: for each token of the prompt (None for the first) token → an object with `logprob`; of at least the
            prompt's own token and the likeliest.
        tokens: of the prompt.
        last: how many of them count.
        where: what errors name.

    Raises:
        ModelError: vLLM did not tell of every token.
    """
    places = range(len(tokens) - last, len(tokens))
    each = [told[place] if told is not None and place < len(told) else None for place in places]
    likely = [one[tokens[place]] for place, one in zip(places, each, strict=True) if one and tokens[place] in one]
    if len(likely) < last:
        what = f"vLLM told the likelihood of {len(likely)} of an answer's {last} tokens"
        raise ModelError(what, where=where, todo="use a version of vLLM that docs/models.md names")
    return float(sum(one.logprob for one in likely))


def _in_turn(n: int) -> Iterator[range]:
    yield from (range(start, min(start + AT_ONCE, n)) for start in range(0, n, AT_ONCE))


def _imported(where: str) -> tuple[Any, Any]:
    try:
        from vllm import LLM, SamplingParams
    except ImportError as error:
        what = f"kind vllm needs vLLM, which cannot be imported ({error})"
        todo = "install it as docs/models.md says, or use kind: causal"
        raise ModelError(what, where=where, todo=todo) from error
    return LLM, SamplingParams

"""A causal language model in vLLM's offline engine, for accelerators (Kwon et al. 2023, arXiv 2309.06180).

vLLM gets the verified folder, tokens instead of texts, and every setting that a checkpoint could bring itself. The
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
from taskatlas.predict import stopwatch
from taskatlas.predict.device import choose_device
from taskatlas.predict.language import causal
from taskatlas.predict.language.engine import Answer, Engine, Floats, Until
from taskatlas.predict.load import load_config, load_tokenizer
from taskatlas.predict.placement import precision_on
from taskatlas.predict.reading import cut_at_stop
from taskatlas.predict.weights import all_verified, locate
from taskatlas.schemas.language import VllmModel

AT_ONCE = 256
"""Texts of one call of vLLM, which makes its own batches of them."""
STEP = 2_048
"""Tokens of a step in mode choices, as all their logits are in memory beside what the engine takes."""


class VllmEngine(Engine):
    """A causal language model in vLLM; weights are loaded when it is constructed."""

    def __init__(self, card: VllmModel, project: Path, device: str = "auto") -> None:
        """Start the engine with pinned weights.

        Raises:
            ModelError: vLLM is not installed or does not start, the weights are missing, wrong or not all that vLLM
                would read, or the device is not there or a processor.
        """
        where = f"model {card.name}"
        llm, self._params = _imported(where)
        device_name = choose_device(device)
        if device_name == "cpu":  # vLLM would start on an accelerator all the same
            todo = "choose another device, or use kind: causal"
            raise ModelError("kind vllm is for accelerators, and the device is cpu", where=where, todo=todo)
        precision, folder = precision_on(device_name, card.precision), locate(card.weights, project)
        all_verified(folder, where)
        # vLLM always writes a token, which has to have a position, too
        super().__init__(card, load_tokenizer(folder, where), load_config(folder, where), spare=1)
        llm_options = {"tensor_parallel_size": card.tensor_parallel, "gpu_memory_utilization": card.gpu_memory}
        if not card.writes:
            llm_options["max_num_batched_tokens"] = STEP
        try:
            self._llm = llm(
                model=str(folder), tokenizer=str(folder), trust_remote_code=False, load_format="safetensors",
                generation_config="vllm", dtype=precision, max_model_len=self.room + 1, seed=0,
                enable_prefix_caching=card.writes, **llm_options,
            )  # fmt: skip
        except Exception as error:  # of vLLM, torch, CUDA and the weights' own
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            todo = "check the folder's files, tensor_parallel and gpu_memory on the card, and the log above"
            raise ModelError(f"does not start in vLLM ({reason})", where=where, todo=todo) from error

    def tokenise(self, texts: Sequence[str], answers: Sequence[str]) -> tuple[list[list[int]], list[list[Answer]]]:
        """Tokenise as kind causal does."""
        return causal.tokenise(self, texts, answers)

    def likelihoods(self, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
        """Return the log-likelihood of each text's answers, from one request per text and answer."""
        params = self._params(temperature=0.0, max_tokens=1, prompt_logprobs=1, flat_logprobs=True, detokenize=False)
        scores: list[Floats] = []
        for rows in _in_turn(len(texts)):
            pairs = [(texts[row], answer) for row in rows for answer in answers[row]]
            with stopwatch.batch(len(rows)):
                outputs = self._generated([[*text, *answer] for text, answer in pairs], params)
            summed = [
                likelihood_in(output.prompt_logprobs, [*text, *answer], len(answer), self.where)
                for output, (text, answer) in zip(outputs, pairs, strict=True)
            ]
            scores += np.split(np.array(summed), np.cumsum([len(answers[row]) for row in rows])[:-1])
            progress.advance("answer", len(rows))
        return scores

    def generate(self, texts: Sequence[str], until: Until | None = None) -> list[str]:
        """Generate the likeliest token after the other."""
        most, stop = self.until(until)
        params = self._params(temperature=0.0, max_tokens=most, stop=list(stop) or None)
        tokens = [self.truncate(text_tokens, most) for text_tokens in self.tokens(texts)]
        generated: list[str] = []
        for rows in _in_turn(len(texts)):
            with stopwatch.batch(len(rows)):
                outputs = self._generated([tokens[row] for row in rows], params)
            generated += [cut_at_stop(output.outputs[0].text, stop) for output in outputs]
            progress.advance("answer", len(rows))
        return generated

    def _generated(self, tokens: Sequence[list[int]], params: Any) -> Sequence[Any]:
        """Return vLLM's outputs, in the order of its inputs."""
        prompts = [{"prompt_token_ids": token_ids} for token_ids in tokens]
        outputs: Sequence[Any] = self._llm.generate(prompts, params, use_tqdm=False)
        return outputs


def likelihood_in(
    prompt_logprobs: Sequence[Mapping[int, Any] | None] | None, tokens: Sequence[int], last: int, where: str
) -> float:
    """Sum the log-likelihood of the last so many tokens of a request, from its `prompt_logprobs`.

    Args:
        prompt_logprobs: for each token of the prompt (None for the first) token → an object with `logprob`; of at least
            the prompt's own token and the likeliest.
        tokens: of the prompt.
        last: how many of them count.
        where: what errors name.

    Raises:
        ModelError: vLLM did not tell of every token.
    """
    positions = range(len(tokens) - last, len(tokens))
    logprobs = [
        prompt_logprobs[position] if prompt_logprobs is not None and position < len(prompt_logprobs) else None
        for position in positions
    ]
    answer_logprobs = [
        by_token[tokens[position]]
        for position, by_token in zip(positions, logprobs, strict=True)
        if by_token and tokens[position] in by_token
    ]
    if len(answer_logprobs) < last:
        what = f"vLLM told the likelihood of {len(answer_logprobs)} of an answer's {last} tokens"
        raise ModelError(what, where=where, todo="use a version of vLLM that docs/models.md names")
    return float(sum(by_token.logprob for by_token in answer_logprobs))


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

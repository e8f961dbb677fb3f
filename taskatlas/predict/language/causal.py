"""How likely a causal language model finds answers: what answers and texts share is computed once.

The tokens with which all shown texts begin (an instruction, demonstrations) are read once, the rest of a text once for
all its answers, and the first token of every answer needs no step of its own: the keys and values of what was read are
kept and reused. Packs hold texts of one length, so nothing is padded before an answer, and a score does not depend on
what else is scored.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict import packs
from taskatlas.predict.language.loaded import Answer, Loaded

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float64]
SHARED = 8
"""Fewer tokens in common are not worth a cache of their own."""


def tokenised(loaded: Loaded, text: str, answers: Sequence[str]) -> tuple[list[int], list[Answer]]:
    """The tokens of what is shown, cut to the room there is, and of each answer after it.

    An answer is tokenised together with the text before it, as tokens can join the two; what is shown ends where the
    answers begin to differ from it.
    """
    before = _open(loaded, text)
    wholes = [_open(loaded, text + answer) for answer in answers]
    shown = min(_common(before, whole) for whole in wholes)
    for answer, whole in zip(answers, wholes, strict=True):
        if len(whole) <= shown:
            raise ModelError(f"the answer {answer!r:.80} has no token of its own", where=loaded.where, todo="change it")
    found = [whole[shown:] for whole in wholes]
    start = [loaded.tokenizer.bos_token_id or loaded.tokenizer.eos_token_id or 0]
    return loaded.fitted(before[:shown] or start, max(map(len, found))), found


def _open(loaded: Loaded, text: str) -> list[int]:
    """The tokens of a text that goes on, also by a tokenizer that ends what it is given."""
    tokens = loaded.tokens(text)
    ends = tokens and tokens[-1] == loaded.tokenizer.eos_token_id and not loaded.card.chat
    return tokens[:-1] if ends else tokens


def _common(some: Sequence[int], others: Sequence[int]) -> int:
    """How many tokens two lists begin with in common."""
    most = min(len(some), len(others))
    return next((place for place in range(most) if some[place] != others[place]), most)


def likelihoods(loaded: Loaded, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
    """The log-likelihood of each text's answers.

    Args:
        loaded: the model.
        texts: tokens of what is shown, n lists.
        answers: for each text the tokens of its answers.

    Returns:
        n arrays, float64 [answers of the text].

    Raises:
        ModelError: the model keeps no keys and values, or memory does not hold one text.
    """
    import torch

    found: list[Floats] = [np.empty(0)] * len(texts)
    shared = _shared(texts)
    sizes = [len(text) - shared + sum(map(len, some)) for text, some in zip(texts, answers, strict=True)]
    with torch.inference_mode():
        start = _read(loaded, texts[0][:shared]) if shared else None

        def work(rows: packs.Rows) -> None:
            some = [(texts[row][shared:], answers[row]) for row in rows]
            for row, values in zip(rows, _scored(loaded, some, copy.deepcopy(start)), strict=True):
                found[row] = values
            progress.advance("answer", len(rows))

        packs.run(packs.of_one_length([len(text) for text in texts], sizes, loaded.budget), work, loaded.where)
    return found


def _shared(texts: Sequence[list[int]]) -> int:
    """How many tokens all texts begin with, leaving each one of its own."""
    if len(texts) < 2:
        return 0
    # what the least and the greatest list share, all share
    same = min(_common(min(texts), max(texts)), min(map(len, texts)) - 1)
    return same if same >= SHARED else 0


def _read(loaded: Loaded, tokens: Sequence[int]) -> Any:
    """The keys and values of tokens that all texts begin with."""
    return _cache(loaded, loaded.model(**loaded.batch([tokens]), use_cache=True, logits_to_keep=1))


def _cache(loaded: Loaded, found: Any) -> Any:
    cache = getattr(found, "past_key_values", None)
    if not hasattr(cache, "batch_repeat_interleave"):
        kind = loaded.model.config.model_type
        raise ModelError(
            f"models of type {kind} keep no keys and values", where=loaded.where, todo="use mode: generate"
        )
    return cache


def _scored(loaded: Loaded, some: Sequence[tuple[list[int], Sequence[Answer]]], start: Any) -> list[Floats]:
    """The log-likelihoods of the answers of texts of one length, after what was read already."""
    import torch
    from torch.nn import functional

    if start is not None:
        start.batch_repeat_interleave(len(some))
    tokens = torch.tensor([text for text, _ in some], dtype=torch.int64, device=loaded.device)
    read = loaded.model(input_ids=tokens, past_key_values=start, use_cache=True, logits_to_keep=1)
    first = functional.log_softmax(read.logits[:, -1].float(), dim=-1)
    rows = [row for row, (_, answers) in enumerate(some) for _ in answers]
    given = [answer for _, answers in some for answer in answers]
    likely = first[rows, [answer[0] for answer in given]]
    longer = [place for place, answer in enumerate(given) if len(answer) > 1]
    if longer:
        likely[longer] += _rest(loaded, _cache(loaded, read), [rows[p] for p in longer], [given[p] for p in longer])
    values = likely.double().cpu().numpy()
    return np.split(values, np.cumsum([len(answers) for _, answers in some])[:-1])


def _rest(loaded: Loaded, cache: Any, rows: Sequence[int], answers: Sequence[Answer]) -> torch.Tensor:
    """The log-likelihoods of all but the first tokens of answers to the texts `rows` of a cache."""
    import torch

    from taskatlas.predict.language.likelihood import filled, likelihood_of

    tokens = filled(answers, loaded.device)
    cache.batch_select_indices(torch.tensor(rows, device=loaded.device))
    found = loaded.model(input_ids=tokens[:, :-1].clamp(min=0), past_key_values=cache, use_cache=True)
    return likelihood_of(found.logits, tokens[:, 1:])

"""How likely a causal language model finds answers: what answers and texts share is computed once.

The tokens with which all rendered texts begin (an instruction, demonstrations) are read once, the rest of a text once
for all its answers, and the first token of every answer needs no step of its own: the keys and values of what was read
are kept and reused. Packs hold texts of nearly one length: as much of each is read together as the shortest has, and
the last few tokens of the others are read with their answers. So nothing is padded before an answer, and a score does
not depend on what else is scored.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict import packs
from taskatlas.predict.language.engine import Answer, Engine, Floats

if TYPE_CHECKING:
    import torch

    from taskatlas.predict.language.transformers_engine import TransformersEngine

SHARED = 8
"""Fewer tokens in common are not worth a cache of their own."""
SLACK = 4
"""By how many tokens texts of a pack may differ in length. Packs of exactly one length are small and take longer, and
what is left of a text is read again for every answer."""
KEPT = 8
"""Tokens whose keys and values may be kept for each token of a pack: about 0.5 GB for a model of a billion weights."""
TOGETHER = 64
"""Texts that are tokenised in one call, with all their answers."""


def tokenise(
    engine: Engine, texts: Sequence[str], answers: Sequence[str]
) -> tuple[list[list[int]], list[list[Answer]]]:
    """Tokenise each rendered text, cut to the room there is, and for each text the answers after it.

    An answer is tokenised together with the text before it, as tokens can join the two; the text's own end where the
    answers begin to differ from it.

    Raises:
        ModelError: an answer has no token of its own, or leaves no room for a text.
    """
    tokenised_texts: list[tuple[list[int], list[Answer]]] = []
    for start in range(0, len(texts), TOGETHER):
        joined = [text + answer for text in texts[start : start + TOGETHER] for answer in ("", *answers)]
        wholes = [_open(engine, whole) for whole in engine.tokens(joined)]
        for offset in range(0, len(wholes), 1 + len(answers)):
            before, *after = wholes[offset : offset + 1 + len(answers)]
            tokenised_texts.append(_apart(engine, before, after, answers))
    return [text for text, _ in tokenised_texts], [answer_tokens for _, answer_tokens in tokenised_texts]


def _open(engine: Engine, tokens: list[int]) -> list[int]:
    """Return the tokens of a text that goes on, without the end token that some tokenizers add."""
    ends = tokens and tokens[-1] == engine.tokenizer.eos_token_id and not engine.card.chat
    return tokens[:-1] if ends else tokens


def _apart(
    engine: Engine, before: list[int], wholes: Sequence[list[int]], answers: Sequence[str]
) -> tuple[list[int], list[Answer]]:
    """Split a text's tokens from its answers', from the tokens of the text alone and with each answer."""
    n_shared = min(_common(before, whole) for whole in wholes)
    for answer, whole in zip(answers, wholes, strict=True):
        if len(whole) <= n_shared:
            raise ModelError(f"the answer {answer!r:.80} has no token of its own", where=engine.where, todo="change it")
    answer_tokens = [whole[n_shared:] for whole in wholes]
    return engine.truncate(before[:n_shared], max(map(len, answer_tokens))), answer_tokens


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many tokens two lists begin with in common."""
    if first == second[: len(first)]:  # most often
        return len(first)
    shortest = min(len(first), len(second))
    return next((position for position in range(shortest) if first[position] != second[position]), shortest)


def likelihoods(
    loaded: TransformersEngine, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]
) -> list[Floats]:
    """Return the log-likelihood of each text's answers.

    Args:
        loaded: the model.
        texts: tokens of the rendered texts, n lists.
        answers: for each text the tokens of its answers.

    Returns:
        n arrays, float64 [answers of the text].

    Raises:
        ModelError: the model keeps no keys and values, or memory does not hold one text.
    """
    import torch

    scores: list[Floats] = [np.empty(0)] * len(texts)
    prefix = _shared(texts)
    sharing = [
        row for row, text in enumerate(texts) if prefix and len(text) > len(prefix) and text[: len(prefix)] == prefix
    ]
    with torch.inference_mode():
        for shared, rows in ((prefix, sharing), ([], sorted({*range(len(texts))} - {*sharing}))):
            pairs = [(texts[row][len(shared) :], answers[row]) for row in rows]
            for row, values in zip(rows, _after(loaded, shared, pairs), strict=True):
                scores[row] = values
    return scores


def _shared(texts: Sequence[list[int]]) -> list[int]:
    """Return the prefix that saves most when it is read once: of all texts, nine of ten or half of them. A text that
    was cut at its beginning, or is an example in an instruction itself, does not begin as the others do."""
    order = sorted(texts)
    best: tuple[int, list[int]] = (0, [])
    for count in sorted({len(texts), len(texts) * 9 // 10, len(texts) // 2 + 1}):
        if 2 <= count <= len(texts):
            # what the first and the last one of neighbours in order share, all between them share; one token of the
            # shortest, which is the first, is left
            lengths = (
                min(_common(one, other), len(one) - 1) for one, other in zip(order, order[count - 1 :], strict=False)
            )
            size, index = max((size, index) for index, size in enumerate(lengths))
            best = max(best, (size * count, order[index][:size]))
    return best[1] if len(best[1]) >= SHARED else []


def _after(
    loaded: TransformersEngine, shared: list[int], pairs: Sequence[tuple[list[int], Sequence[Answer]]]
) -> list[Floats]:
    """Return the log-likelihoods of answers to texts that come after the same tokens."""
    scores: list[Floats] = [np.empty(0)] * len(pairs)
    start = _read(loaded, shared) if shared and pairs else loaded.begun

    def work(rows: packs.Rows) -> None:
        for row, values in zip(rows, _scored(loaded, [pairs[row] for row in rows], copy.deepcopy(start)), strict=True):
            scores[row] = values
        progress.advance("answer", len(rows))

    sizes = [_size(len(shared), text, answers) for text, answers in pairs]
    lengths = [len(text) for text, _ in pairs]
    packs.run(packs.pack_near_length(lengths, sizes, loaded.budget, SLACK), work, loaded.where)
    return scores


def _size(shared: int, text: list[int], answers: Sequence[Answer]) -> int:
    """Return what a text takes of a pack: the tokens that are read, or, where that is more, the keys and values that
    are kept of it and copied for each answer."""
    kept = (shared + len(text)) * (1 + len(answers)) // KEPT
    return max(kept, len(text) + sum(SLACK + len(answer) for answer in answers))


def _read(loaded: TransformersEngine, tokens: Sequence[int]) -> Any:
    """Return the keys and values of tokens that all texts begin with."""
    inputs = {"input_ids": loaded.batch([tokens])["input_ids"], "past_key_values": copy.deepcopy(loaded.begun)}
    return _cache(loaded, loaded.model(**inputs, use_cache=True, logits_to_keep=1))


def _cache(loaded: TransformersEngine, output: Any) -> Any:
    cache = getattr(output, "past_key_values", None)
    if not hasattr(cache, "reorder_cache"):
        kind = loaded.model.config.model_type
        raise ModelError(
            f"models of type {kind} keep no keys and values", where=loaded.where, todo="use mode: generate"
        )
    return cache


def _scored(
    loaded: TransformersEngine, pairs: Sequence[tuple[list[int], Sequence[Answer]]], start: Any
) -> list[Floats]:
    """Return the log-likelihoods of the answers of texts of nearly one length, after what was read already.

    As many tokens of each text are read together as the shortest has; those that are left are read with the answers.
    """
    import torch
    from torch.nn import functional

    if start is not None:
        start.reorder_cache(torch.zeros(len(pairs), dtype=torch.int64))
    shortest = min(len(text) for text, _ in pairs)
    tokens = torch.tensor([text[:shortest] for text, _ in pairs], dtype=torch.int64, device=loaded.device)
    read = loaded.model(input_ids=tokens, past_key_values=start, use_cache=True, logits_to_keep=1)
    first = functional.log_softmax(read.logits[:, -1].float(), dim=-1)
    tails = [_Tail(row, text[shortest:], answer) for row, (text, answers) in enumerate(pairs) for answer in answers]
    likely = torch.zeros(len(tails), device=first.device)
    begun = [index for index, tail in enumerate(tails) if not tail.left]
    likely[begun] = first[[tails[index].row for index in begun], [tails[index].answer[0] for index in begun]]
    longer = [index for index, tail in enumerate(tails) if tail.inputs]
    if longer:
        likely[longer] += _rest(loaded, _cache(loaded, read), [tails[index] for index in longer])
    values = likely.double().cpu().numpy()
    return np.split(values, np.cumsum([len(answers) for _, answers in pairs])[:-1])


class _Tail(NamedTuple):
    """What comes after the tokens of text `row` that were read: what is left of it, and an answer."""

    row: int
    left: list[int]
    answer: Answer

    @property
    def inputs(self) -> tuple[int, ...]:
        """What is read to know how likely the answer's tokens are, but for its first where nothing is left."""
        return (*self.left, *self.answer[:-1])


def _rest(loaded: TransformersEngine, cache: Any, tails: Sequence[_Tail]) -> torch.Tensor:
    """Return the log-likelihoods of answers after their inputs, float32 [tails]; equal inputs are read once."""
    import torch

    from taskatlas.predict.language.likelihood import NO_TOKEN, likelihood_of, pad_tokens

    row_by_input: dict[tuple[int, tuple[int, ...]], int] = {}
    rows = [row_by_input.setdefault((tail.row, tail.inputs), len(row_by_input)) for tail in tails]
    cache.reorder_cache(torch.tensor([row for row, _ in row_by_input]))  # on no device, as layers may be on several
    tokens = pad_tokens([inputs for _, inputs in row_by_input], loaded.device)
    output = loaded.model(input_ids=tokens.clamp(min=0), past_key_values=cache, use_cache=True)
    # after each input token the one that is scored: of an answer, but for its first where nothing was left before it
    after = [[*[NO_TOKEN] * (len(tail.left) - 1), *tail.answer[0 if tail.left else 1 :]] for tail in tails]
    return likelihood_of(output.logits, pad_tokens(after, loaded.device), rows)

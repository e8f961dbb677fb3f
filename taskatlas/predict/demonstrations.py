"""Few-shot demonstrations: answered texts that a language model is shown before the text that it is asked.

A text is never its own demonstration. Those of `random` are drawn without looking at the text, so that all texts share
them and what they share is read once; those of `nearest` are chosen by the cosine of φ, the surrogate's embedding, and
the nearest stands last, next to the text (Liu et al. 2022, arXiv 2101.06804; a retriever made for it is Li et al. 2023,
arXiv 2305.04320).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from taskatlas.errors import ModelError
from taskatlas.hashing import digest
from taskatlas.predict.encode import last
from taskatlas.predict.features import features_for
from taskatlas.predict.model import Context, Demonstration, Example
from taskatlas.predict.render import render_answer, render_inputs
from taskatlas.schemas.prompts import Demonstrations, PromptCard

_BLOCK = 1_024
"""Texts whose cosines with the pool are in memory at a time."""
Turns = tuple[tuple[str, str], ...]
"""What a demonstration shows, and how it is answered; the first demonstration first."""


def turns(prompt: PromptCard, texts: Sequence[Example], context: Context) -> list[Turns]:
    """The demonstrations that a prompt shows before each of n texts, rendered; empty where it shows none.

    Raises:
        PromptError: one cannot be rendered.
        ModelError: there is nothing to take them from, or the surrogate cannot be loaded.

    """
    if prompt.demonstrations is None:
        return [()] * len(texts)
    pool = context.demonstrations.get(prompt.name, ())
    inputs = render_inputs(prompt, [(each.text, each.text_pair) for each in pool])
    shown = [(text, render_answer(prompt, each.label)) for text, each in zip(inputs, pool, strict=True)]
    return [tuple(shown[place] for place in places) for places in chosen(prompt, pool, texts, context)]


def joined(turns: Turns, text: str, delimiter: str, prompt: PromptCard) -> str:
    """Demonstrations and a text as one text: each answer after what it answers, and a separator after each."""
    if prompt.demonstrations is None:
        return text
    return prompt.demonstrations.separator.join([*(shown + delimiter + answer for shown, answer in turns), text])


def said(prompt: PromptCard, turns: Turns, text: str) -> list[dict[str, str]]:
    """The same as the messages of a chat, after the prompt's system text."""
    first = [("system", prompt.system)] if prompt.system else []
    shown = [turn for asked, answer in turns for turn in (("user", asked), ("assistant", answer))]
    return [{"role": role, "content": content} for role, content in (*first, *shown, ("user", text))]


def chosen(
    prompt: PromptCard, pool: Sequence[Demonstration], texts: Sequence[Example], context: Context
) -> Iterator[tuple[int, ...]]:
    """Places in the pool of each text's demonstrations, in the order in which they are shown.

    Raises:
        ModelError: the pool is empty, or the surrogate cannot be loaded.

    """
    wanted = prompt.demonstrations
    assert wanted is not None, "prompts without demonstrations do not come here"
    if not pool:
        what = "there is nothing to take demonstrations from"
        raise ModelError(what, where=f"prompt {prompt.name}", todo="name another dataset, or choose: fixed")
    if wanted.choose == "nearest":
        yield from _nearest(wanted.count, pool, texts, context)
        return
    order = range(len(pool)) if wanted.choose == "fixed" else _in_turn(wanted, pool)
    count = len(pool) if wanted.choose == "fixed" else wanted.count
    for text in texts:
        others = (place for place in order if pool[place].text_id != text.text_id)
        yield tuple(place for place, _ in zip(others, range(count), strict=False))


def _in_turn(wanted: Demonstrations, pool: Sequence[Demonstration]) -> list[int]:
    """The pool in an order that the seed alone decides, one of each label after another."""
    order = sorted(range(len(pool)), key=lambda place: digest("demonstration", wanted.seed, pool[place].text_id))
    seen: dict[str, int] = {}
    turn = {}
    for place in order:
        label = pool[place].label
        turn[place] = seen[label] = seen.get(label, 0) + 1
    return sorted(order, key=lambda place: turn[place])  # stable: by chance within a turn


def _nearest(
    count: int, pool: Sequence[Demonstration], texts: Sequence[Example], context: Context
) -> Iterator[tuple[int, ...]]:
    assert context.surrogate is not None, "whoever asks for nearest ones says by which surrogate"
    weights, where = context.surrogate, (context.parts, context.project, context.device)
    held = [Example(each.text_id, each.text, each.text_pair) for each in pool]
    known = last(features_for(weights, held, *where))
    ids = np.array([each.text_id for each in pool])
    for start in range(0, len(texts), _BLOCK):
        some = texts[start : start + _BLOCK]
        cosines = last(features_for(weights, some, *where)) @ known.T
        cosines[np.array([text.text_id for text in some])[:, None] == ids] = -np.inf
        for row in cosines:
            best = np.argsort(-row, kind="stable")[:count]
            yield tuple(int(place) for place in best[::-1] if np.isfinite(row[place]))

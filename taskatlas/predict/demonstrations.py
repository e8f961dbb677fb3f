"""Few-shot demonstrations: answered texts that a prompt shows before the text to answer.

A text is never its own demonstration. Those of `random` are drawn without looking at the text, so that all texts share
them and what they share is read once; those of `nearest` are selected by the cosine of φ, the surrogate's embedding,
and the nearest stands last, next to the text (Liu et al. 2022, arXiv 2101.06804; a trained retriever is Li et al. 2023,
arXiv 2305.04320).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from taskatlas.errors import ModelError
from taskatlas.hashing import digest
from taskatlas.predict.encode import last_layer
from taskatlas.predict.model import Demonstration, Example, ModelContext
from taskatlas.predict.render import render_demonstrated, render_inputs
from taskatlas.predict.surrogate import Surrogate
from taskatlas.schemas.prompts import Demonstrations, PromptCard

_BLOCK = 1_024
"""Texts whose cosines with the pool are in memory at a time."""
Turns = tuple[tuple[str, str], ...]
"""What a demonstration shows, and how it is answered; the first demonstration first."""


def render_turns(prompt: PromptCard, texts: Sequence[Example], context: ModelContext) -> list[Turns]:
    """Render the demonstrations that a prompt shows before each of n texts: n tuples, empty where it shows none.

    Raises:
        PromptError: one cannot be rendered.
        ModelError: there is nothing to take them from, or the surrogate cannot be loaded.

    """
    if prompt.demonstrations is None:
        return [()] * len(texts)
    pool = context.demonstrations.get(prompt.name, ())
    inputs = render_inputs(prompt, pool)
    answers = [render_demonstrated(prompt, each, each.label) for each in pool]
    pool_turns = list(zip(inputs, answers, strict=True))
    return [
        tuple(pool_turns[index] for index in indices) for indices in select_demonstrations(prompt, pool, texts, context)
    ]


def join_turns(render_turns: Turns, text: str, delimiter: str, prompt: PromptCard) -> str:
    """Join demonstrations and a text into one text: each answer after its input, and a separator after each."""
    if prompt.demonstrations is None:
        return text
    return prompt.demonstrations.separator.join(
        [*(demonstration + delimiter + answer for demonstration, answer in render_turns), text]
    )


def chat_messages(prompt: PromptCard, render_turns: Turns, text: str) -> list[dict[str, str]]:
    """Return demonstrations and a text as the messages of a chat, after the prompt's system text."""
    system = [("system", prompt.system)] if prompt.system else []
    demonstrations = [
        turn for demonstration, answer in render_turns for turn in (("user", demonstration), ("assistant", answer))
    ]
    return [{"role": role, "content": content} for role, content in (*system, *demonstrations, ("user", text))]


def select_demonstrations(
    prompt: PromptCard, pool: Sequence[Demonstration], texts: Sequence[Example], context: ModelContext
) -> Iterator[tuple[int, ...]]:
    """Yield, for each text, the indices of its demonstrations in the pool, in the order in which they are shown.

    Raises:
        ModelError: the pool is empty, or the surrogate cannot be loaded.

    """
    settings = prompt.demonstrations
    assert settings is not None, "prompts without demonstrations do not come here"
    if not pool:
        what = "there is nothing to take demonstrations from"
        raise ModelError(what, where=f"prompt {prompt.name}", todo="name another dataset, or choose: fixed")
    if settings.choose == "nearest":
        yield from _nearest(settings.count, pool, texts, context)
        return
    order = range(len(pool)) if settings.choose == "fixed" else _in_turn(settings, pool)
    count = len(pool) if settings.choose == "fixed" else settings.count
    for text in texts:
        other_indices = (index for index in order if pool[index].text_id != text.text_id)
        yield tuple(index for index, _ in zip(other_indices, range(count), strict=False))


def _in_turn(settings: Demonstrations, pool: Sequence[Demonstration]) -> list[int]:
    """Return indices of the pool in an order that the seed alone decides, one of each label after another."""
    order = sorted(range(len(pool)), key=lambda index: digest("demonstration", settings.seed, pool[index].text_id))
    count_by_label: dict[str, int] = {}
    rank = {}
    for index in order:
        label = pool[index].label
        rank[index] = count_by_label[label] = count_by_label.get(label, 0) + 1
    return sorted(order, key=lambda index: rank[index])  # stable: by chance within a turn


def _nearest(
    count: int, pool: Sequence[Demonstration], texts: Sequence[Example], context: ModelContext
) -> Iterator[tuple[int, ...]]:
    assert context.surrogate is not None, "whoever asks for nearest ones says by which surrogate"
    surrogate = Surrogate(context.surrogate, context.project, context.parts, context.device)
    examples = [
        Example(each.text_id, each.text, each.text_pair, fields=each.fields, choices=each.choices) for each in pool
    ]
    pool_phi = last_layer(surrogate.features(examples))
    ids = np.array([each.text_id for each in pool])
    for start in range(0, len(texts), _BLOCK):
        batch = texts[start : start + _BLOCK]
        cosines = last_layer(surrogate.features(batch)) @ pool_phi.T
        cosines[np.array([text.text_id for text in batch])[:, None] == ids] = -np.inf
        for row in cosines:
            nearest = np.argsort(-row, kind="stable")[:count]
            yield tuple(int(index) for index in nearest[::-1] if np.isfinite(row[index]))

"""What a prompt needs of a text, and texts that lack some of it: these are split, so that nobody is asked half a
question.

FUTE's code does likewise for tasks of pairs (Wang et al. 2024, arXiv 2402.14522). Where a text is split follows from
the text alone: at the end of the line, else of the sentence, else of the word, that is nearest to the middle; of
several pieces the longest is split next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from jinja2 import Environment, nodes

from taskatlas.hashing import text_id
from taskatlas.predict.model import Example
from taskatlas.schemas.prompts import PromptCard

_ENDS = (
    re.compile(r"(?=\n)"),
    re.compile(r"(?<=[.!?…])[\"'”’)\]]*(?=\s)|(?<=[。！？])"),
    re.compile(r"(?=\s)"),
)
"""After what a text may be split, the best first."""
_WITHIN = (0.25, 0.75)
"""The share of a text within which it is split: a half that says nothing is no half."""
_CHOICES = 4
"""Choices that a text is split into at most: as many as most questions have."""


class Needs(NamedTuple):
    """What is shown of a text whether it is there or not.

    Attributes:
        pair: whether its second text is.
        fields: names of its fields that are.
        choices: how many choices of its own, where it has none; 0: none are shown.
        text: whether the text itself is.
    """

    pair: bool = False
    fields: tuple[str, ...] = ()
    choices: int = 0
    text: bool = True

    def lacking(self, text: Example) -> list[str]:
        """Return what a text does not have: text_pair, names of fields, and choices as often as there are to be."""
        there = {name for name, _ in text.fields}
        return [
            *(["text_pair"] if self.pair and text.text_pair is None else []),
            *(name for name in self.fields if name not in there),
            *([] if text.choices else ["choices"] * self.choices),
        ]


def needs_of(prompt: PromptCard) -> Needs:
    """Return what a prompt shows whether it is there or not.

    A prompt that looks whether something is there (`{% if text_pair %}`) asks a whole question of texts without it,
    too. Its templates are Jinja2, as its card was checked to be.
    """
    shown = _shown((*prompt.templates, *(text for texts in prompt.answers.values() for text in texts)))
    fields = tuple(name for name in prompt.fields if name in shown)
    n_choices = min(len(prompt.choices) or _CHOICES, _CHOICES) if "choices" in shown else 0
    return Needs("text_pair" in shown, fields, n_choices, "text" in shown)


@lru_cache(maxsize=1_024)
def _shown(templates: tuple[str, ...]) -> frozenset[str]:
    """Return the variables that templates show, but for those of which one looks whether they are there."""
    trees = _parsed(templates)
    conditions: list[nodes.Node] = [each.test for tree in trees for each in tree.find_all(nodes.If)]
    conditions += [each.test for tree in trees for each in tree.find_all(nodes.CondExpr)]
    return frozenset(_names(trees) - _names(conditions))


def variables_of(templates: tuple[str, ...]) -> set[str]:
    """Return the variables that templates name.

    >>> sorted(variables_of(("{{ text }} {% if text_pair %}and{% endif %}",)))
    ['text', 'text_pair']
    """
    return _names(_parsed(templates))


def with_needs(texts: Sequence[Example], needs: Needs) -> list[Example]:
    """Return the texts with those that lack something split; these have the ids of what they become."""
    return [_split(text, needs, lacking) if (lacking := needs.lacking(text)) else text for text in texts]


def pieces(text: str, n: int) -> list[str]:
    """Split a cleaned text in n; no piece is empty, and a single letter is each of its pieces.

    >>> pieces("The soup was cold. Nobody came to ask. We left.", 2)
    ['The soup was cold.', 'Nobody came to ask. We left.']
    >>> pieces("Cold soup today", 3)
    ['Cold', 'soup', 'today']
    """
    found = [text]
    while len(found) < n:
        at = max(range(len(found)), key=lambda index: len(found[index]))
        found[at : at + 1] = _halves(found[at])
    return found


def _halves(text: str) -> tuple[str, str]:
    if indentation := text[: len(text) - len(text.lstrip())]:
        first, second = _halves(text[len(indentation) :])
        return indentation + first, second
    low, high = (share * len(text) for share in _WITHIN)
    for ends in _ENDS:
        inside = [match.end() for match in ends.finditer(text) if low <= match.end() <= high]
        if inside:
            cut = min(inside, key=lambda end: abs(2 * end - len(text)))
            return text[:cut].rstrip(), text[cut:].lstrip("\n") if text[cut] == "\n" else text[cut:].lstrip()
    cut = max(len(text) // 2, 1)
    return text[:cut], text[cut:] or text


def _split(text: Example, needs: Needs, lacking: Sequence[str]) -> Example:
    """Return a text whose pieces are what it lacks; the first is the text itself where that is shown."""
    split = pieces(text.text, len(lacking) + needs.text)
    first = split[0] if needs.text else text.text
    given = [*zip(lacking, split[needs.text :], strict=True)]
    pair = dict(given).get("text_pair", text.text_pair)
    fields = tuple(sorted((*text.fields, *(each for each in given if each[0] in needs.fields))))
    choices = text.choices or tuple(piece for name, piece in given if name == "choices")
    return Example(text_id(first, pair, fields, choices), first, pair, text.in_corpus, fields, choices)


@lru_cache(maxsize=1_024)
def _parsed(templates: tuple[str, ...]) -> tuple[nodes.Template, ...]:
    return tuple(Environment(autoescape=False).parse(each) for each in templates)  # noqa: S701 - nothing is rendered


def _names(trees: Sequence[nodes.Node]) -> set[str]:
    """Return the variables that syntax trees name."""
    within = {name.name for tree in trees for name in tree.find_all(nodes.Name)}
    return within | {tree.name for tree in trees if isinstance(tree, nodes.Name)}

"""Texts for whoever is asked about pairs: a single text is split in two, so that nobody is asked half a question.

FUTE's code does likewise for tasks of pairs (Wang et al. 2024, arXiv 2402.14522). Where a text is split follows from
the text alone: at the end of the line, else of the sentence, else of the word, that is nearest to the middle.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from jinja2 import Environment, nodes

from taskatlas.hashing import text_id
from taskatlas.predict.model import Example
from taskatlas.schemas.prompts import PromptCard

_PAIR = "text_pair"
_ENDS = (
    re.compile(r"(?=\n)"),
    re.compile(r"(?<=[.!?…])[\"'”’)\]]*(?=\s)|(?<=[。！？])"),
    re.compile(r"(?=\s)"),
)
"""After what a text may be split, the best first."""
_WITHIN = (0.25, 0.75)
"""The share of a text within which it is split: a half that says nothing is no half."""


def shows_pairs(prompt: PromptCard) -> bool:
    """Return whether a prompt shows a second text whether there is one or not.

    One that looks whether there is one (`{% if text_pair %}`) asks a whole question of single texts, too. The template
    is Jinja2, as its card was checked to be.
    """
    return _shows_pairs(prompt.template)


@lru_cache(maxsize=1_024)
def _shows_pairs(template: str) -> bool:
    tree = Environment(autoescape=False).parse(template)  # noqa: S701 - nothing is rendered, and no HTML made
    conditions: list[nodes.Node] = [each.test for each in tree.find_all(nodes.If)]
    conditions += [each.test for each in tree.find_all(nodes.CondExpr)]
    return _names_pair(tree) and not any(map(_names_pair, conditions))


def as_pairs(texts: Sequence[Example]) -> list[Example]:
    """Return the texts with those that are single split in two; these have the id of the pair."""
    return [text if text.text_pair is not None else _split(text) for text in texts]


def halves(text: str) -> tuple[str, str]:
    """Split a cleaned text in two; no half is empty, and of a single letter both are that letter.

    >>> halves("The soup was cold. Nobody came to ask. We left.")
    ('The soup was cold.', 'Nobody came to ask. We left.')
    >>> halves("Cold soup")
    ('Cold', 'soup')
    """
    if indentation := text[: len(text) - len(text.lstrip())]:
        first, second = halves(text[len(indentation) :])
        return indentation + first, second
    low, high = (share * len(text) for share in _WITHIN)
    for ends in _ENDS:
        inside = [match.end() for match in ends.finditer(text) if low <= match.end() <= high]
        if inside:
            cut = min(inside, key=lambda end: abs(2 * end - len(text)))
            return text[:cut].rstrip(), text[cut:].lstrip("\n") if text[cut] == "\n" else text[cut:].lstrip()
    cut = max(len(text) // 2, 1)
    return text[:cut], text[cut:] or text


def _split(text: Example) -> Example:
    first, second = halves(text.text)
    return Example(text_id(first, second), first, second, text.in_corpus)


def _names_pair(tree: nodes.Node) -> bool:
    names = [tree] if isinstance(tree, nodes.Name) else tree.find_all(nodes.Name)
    return any(name.name == _PAIR for name in names)

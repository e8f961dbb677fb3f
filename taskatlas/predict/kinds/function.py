"""A Python function as a model: a baseline, a rule, a lexicon, or anything that a team has in a package.

The card's entry point `module:factory` is called with the card's options and gives the function

    list of (text, text_pair or None) → one answer per text: a label, a number, or a dict label → probability
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from numbers import Real
from typing import Any

import numpy as np

from taskatlas import progress
from taskatlas.errors import ModelError, did_you_mean
from taskatlas.predict.model import Context, Example
from taskatlas.predict.outputs import Answers, from_labels, from_numbers, from_probabilities
from taskatlas.predict.weights import package_version
from taskatlas.schemas.models import CallableModel
from taskatlas.schemas.prompts import PromptCard

_BATCH = 256
_Answer = Callable[[list[tuple[str, str | None]]], Sequence[Any]]


class Function:
    """A model of kind callable."""

    def __init__(self, card: CallableModel, context: Context) -> None:  # noqa: ARG002 - every kind takes both
        """Import the entry point and call it with the options.

        Raises:
            ModelError: the package is missing or of another version, or the factory is missing or fails.

        """
        self._card, self._where = card, f"model {card.name}"
        package_version(card.package, card.revision, self._where)
        self._function = self._made()

    def _made(self) -> _Answer:
        module_name, _, name = self._card.entry_point.partition(":")
        try:
            module = import_module(module_name)
        except Exception as error:  # importing runs the package's code, which can raise anything
            raise ModelError(
                f"the module {module_name} cannot be imported ({type(error).__name__}: {error})",
                where=self._where,
                todo="install it, or mend entry_point on the card",
            ) from error
        factory = getattr(module, name, None)
        if not callable(factory):
            known = [found for found in dir(module) if not found.startswith("_")]
            raise ModelError(
                f"{module_name} has no function {name!r}", where=self._where, todo=did_you_mean(name, known)
            )
        try:
            function = factory(**self._card.options)
        except Exception as error:  # the factory is not ours
            raise ModelError(
                f"the factory failed ({type(error).__name__}: {error})",
                where=self._where,
                todo="mend options on the card",
            ) from error
        if not callable(function):
            raise ModelError(f"the factory gave {type(function).__name__}, not a function", where=self._where)
        made: _Answer = function
        return made

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """One answer to every text, in batches; a function takes no prompts, so each gets the same answers.

        Raises:
            ModelError: the function fails, or gives another number or kind of answers than it should.

        """
        progress.expect("answer", len(texts), "texts")
        given: list[Any] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            given += self._asked(batch)
            progress.advance("answer", len(batch))
        return [self._answers(given, texts)] * len(prompts)

    def _asked(self, batch: Sequence[Example]) -> list[Any]:
        first = f"first text of the batch: {batch[0].text[:80]!r}"
        try:
            given = list(self._function([(example.text, example.text_pair) for example in batch]))
        except Exception as error:  # the function is not ours
            raise ModelError(
                f"the function failed ({type(error).__name__}: {error}); {first}",
                where=self._where,
                todo="mend the function",
            ) from error
        if len(given) != len(batch):
            raise ModelError(f"gave {len(given)} answers to {len(batch)} texts; {first}", where=self._where)
        return given

    def _answers(self, given: Sequence[Any], texts: Sequence[Example]) -> Answers:
        labels = self._card.labels
        if labels == "number":
            self._require(given, texts, _is_number, "a number")
            return from_numbers(np.array(given, np.float64))
        if given and isinstance(given[0], Mapping):
            expected = f"a dict with a probability for each of {', '.join(labels)}"
            self._require(given, texts, lambda one: _is_distribution(one, labels), expected)
            return from_probabilities(labels, [[one[label] for label in labels] for one in given])
        self._require(given, texts, lambda one: isinstance(one, str) and one in labels, f"one of {', '.join(labels)}")
        return from_labels(labels, given)

    def _require(
        self, given: Sequence[Any], texts: Sequence[Example], right: Callable[[Any], bool], expected: str
    ) -> None:
        for one, example in zip(given, texts, strict=True):
            if not right(one):
                raise ModelError(
                    f"answered {_short(one)} to {example.text[:80]!r}, expected {expected}", where=self._where
                )


def _is_number(one: object) -> bool:
    return isinstance(one, Real) and not isinstance(one, bool)


def _is_distribution(one: object, labels: tuple[str, ...]) -> bool:
    return isinstance(one, Mapping) and set(one) == set(labels) and all(map(_is_number, one.values()))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

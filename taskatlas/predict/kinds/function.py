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
from taskatlas.predict import stopwatch
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.outputs import Answers, from_labels, from_numbers, from_probabilities
from taskatlas.predict.weights import package_version
from taskatlas.schemas.models import CallableModel
from taskatlas.schemas.prompts import PromptCard

_BATCH = 256
_Answer = Callable[[list[tuple[str, str | None]]], Sequence[Any]]


class Function:
    """A model of kind callable."""

    def __init__(self, card: CallableModel, context: ModelContext) -> None:  # noqa: ARG002 - every kind takes both
        """Import the entry point and call it with the options.

        Raises:
            ModelError: the package is missing or of another version, or the factory is missing or fails.

        """
        self._card, self._where = card, f"model {card.name}"
        package_version(card.package, card.revision, self._where)
        self._function = self._load_function()

    def _load_function(self) -> _Answer:
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
            known = [attribute for attribute in dir(module) if not attribute.startswith("_")]
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
        loaded: _Answer = function
        return loaded

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts in batches; a function takes no prompts, so each gets the same answers.

        Raises:
            ModelError: the function fails, or gives another number or kind of answers than it should.

        """
        progress.expect("answer", len(texts), "texts")
        raw_answers: list[Any] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            with stopwatch.batch(len(batch)):
                raw_answers += self._call(batch)
            progress.advance("answer", len(batch))
        return [self._answers(raw_answers, texts)] * len(prompts)

    def _call(self, batch: Sequence[Example]) -> list[Any]:
        first = f"first text of the batch: {batch[0].text[:80]!r}"
        try:
            raw_answers = list(self._function([(example.text, example.text_pair) for example in batch]))
        except Exception as error:  # the function is not ours
            raise ModelError(
                f"the function failed ({type(error).__name__}: {error}); {first}",
                where=self._where,
                todo="mend the function",
            ) from error
        if len(raw_answers) != len(batch):
            raise ModelError(f"gave {len(raw_answers)} answers to {len(batch)} texts; {first}", where=self._where)
        return raw_answers

    def _answers(self, raw_answers: Sequence[Any], texts: Sequence[Example]) -> Answers:
        labels = self._card.labels
        if labels == "number":
            self._require(raw_answers, texts, _is_number, "a number")
            return from_numbers(np.array(raw_answers, np.float64))
        if raw_answers and isinstance(raw_answers[0], Mapping):
            expected = f"a dict with a probability for each of {', '.join(labels)}"
            self._require(raw_answers, texts, lambda raw_answer: _is_distribution(raw_answer, labels), expected)
            return from_probabilities(labels, [[raw_answer[label] for label in labels] for raw_answer in raw_answers])
        self._require(
            raw_answers,
            texts,
            lambda raw_answer: isinstance(raw_answer, str) and raw_answer in labels,
            f"one of {', '.join(labels)}",
        )
        return from_labels(labels, raw_answers)

    def _require(
        self, raw_answers: Sequence[Any], texts: Sequence[Example], is_valid: Callable[[Any], bool], expected: str
    ) -> None:
        for raw_answer, example in zip(raw_answers, texts, strict=True):
            if not is_valid(raw_answer):
                raise ModelError(
                    f"answered {_short(raw_answer)} to {example.text[:80]!r}, expected {expected}", where=self._where
                )


def _is_number(one: object) -> bool:
    return isinstance(one, Real) and not isinstance(one, bool)


def _is_distribution(one: object, labels: tuple[str, ...]) -> bool:
    return isinstance(one, Mapping) and set(one) == set(labels) and all(map(_is_number, one.values()))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

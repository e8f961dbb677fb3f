"""Choice: which subject for this dataset, and which model? Of subjects it is asked again without those that make it
easy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from taskatlas.stages.questions.ranking import RankingQuestion, ranking_rows
from taskatlas.stages.questions.row import Row
from taskatlas.stages.questions.target import Floats, Target
from taskatlas.stages.questions.ways import Background, Guess, guesses

FEWEST_SUBJECTS = 3
_TRYING = "Trying is measured on the texts that were not tried."
_EASY = (
    "Subjects whose answers are all alike, mostly mean no label of the dataset, or equal those of another are left out."
)
_SUBJECTS = RankingQuestion("choice", "a dataset's subjects", _TRYING, FEWEST_SUBJECTS)
_DISTINCT = RankingQuestion("choice_distinct", "a dataset's subjects", f"{_TRYING} {_EASY}", FEWEST_SUBJECTS)
_MODELS = RankingQuestion(
    "choice_models", "a dataset's models, each by the best of its subjects", _TRYING, FEWEST_SUBJECTS
)


def choice_rows(cases: Sequence[tuple[Target, Background]], models: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of the questions choice, choice_distinct and choice_models.

    Args:
        cases: every dataset that subjects were measured on, and what is known beside.
        models: the model of every subject.
    """
    guessed = {target.dataset: [*guesses(target, background)] for target, background in cases}
    yield from ranking_rows(_SUBJECTS, guessed)
    distinct = {target.dataset: guesses(target.distinct(), background) for target, background in cases}
    yield from ranking_rows(_DISTINCT, distinct)
    of_models = {target.dataset: _of_models(target, guessed[target.dataset], models) for target, _ in cases}
    yield from ranking_rows(_MODELS, of_models)


def _of_models(target: Target, guessed: Sequence[Guess], models: Mapping[str, str]) -> Iterator[Guess]:
    """Yield the same guesses of models: each is as good as its best subject, and guessed to be."""
    names = [models[subject] for subject in target.subjects]
    indices = np.unique(names, return_inverse=True)[1]
    for way, guess, truth in guessed:
        yield Guess(way, _best(guess, indices), _best(truth, indices))


def _best(values: Floats, groups: npt.NDArray[np.int64]) -> Floats:
    """Return the highest value of each group of P, float64 [groups]; NaN where nothing is known of it."""
    best = np.full(int(groups.max()) + 1, -np.inf)
    np.maximum.at(best, groups, np.where(np.isnan(values), -np.inf, values))
    return np.where(np.isneginf(best), np.nan, best)

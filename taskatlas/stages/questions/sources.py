"""Sources: which other labelled dataset should a model be taught with, to be used on this one?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from taskatlas.analyze.elsewhere import mean_elsewhere
from taskatlas.stages.questions.ranking import RankingQuestion, ranking_rows
from taskatlas.stages.questions.row import RANDOM, Row, Way
from taskatlas.stages.questions.vectors import Pair, labels_seen
from taskatlas.stages.questions.ways import ORACLE, Guess, looked_up

Scores = Mapping[str, Mapping[str, float]]
"""Dataset → subject, or source → score."""
FEWEST_SOURCES = 2
LIKENESS = Way("likeness", "train split", "none")
"""What recommendations order sources by that nothing was fitted on: `taskatlas.transfer.ranking.by_vectors`."""
_ASKED = RankingQuestion(
    "sources",
    "the other datasets that a model was fitted on",
    "A source is as good as the best subject that has seen its labels and none of the dataset.",
    FEWEST_SOURCES,
)


def source_rows(
    measured: Scores,
    taught: Mapping[str, set[str]],
    likeness: Callable[[], Scores],
    near: Mapping[str, Mapping[Pair, float]],
) -> Iterator[Row]:
    """Yield the rows of the question sources.

    Args:
        measured: dataset → subject → score.
        taught: the subjects that have seen labels of a dataset, by its name.
        likeness: returns target → source → what it promises; it is called where there is something to ask alone.
        near: method → (dataset, dataset) → cosine of their vectors.
    """
    worth = {target: _worth(target, scores, taught) for target, scores in measured.items()}
    asked = [target for target, of in worth.items() if len(of) >= FEWEST_SOURCES]
    promised = likeness() if asked else {}
    yield from ranking_rows(_ASKED, {target: _guesses(target, worth, promised, near) for target in asked})


def _worth(target: str, scores: Mapping[str, float], taught: Mapping[str, set[str]]) -> dict[str, float]:
    """Source → the best score of a subject that has seen its labels and none of the target's."""
    fair = scores.keys() - taught.get(target, set())
    return {
        source: max(scores[subject] for subject in subjects & fair)
        for source, subjects in sorted(taught.items())
        if source != target and subjects & fair
    }


def _guesses(target: str, worth: Scores, likeness: Scores, near: Mapping[str, Mapping[Pair, float]]) -> Iterator[Guess]:
    sources = [*worth[target]]
    truth = np.array([worth[target][source] for source in sources], np.float64)
    yield Guess(LIKENESS, looked_up(likeness.get(target, {}), sources), truth)
    for method, cosine in near.items():
        guess = looked_up(cosine, [(target, source) for source in sources])
        yield Guess(Way(f"cosine {method}", labels_seen(method), "none"), guess, truth)
    guess = looked_up(mean_lead_elsewhere(target, worth), sources)
    yield Guess(Way("mean elsewhere", "none", "none", is_baseline=True), guess, truth)
    yield Guess(RANDOM, np.zeros(len(sources)), truth)
    yield Guess(ORACLE, truth, truth)


def mean_lead_elsewhere(target: str, worth: Scores) -> dict[str, float]:
    """Source → its mean lead over the other sources of other targets."""
    others = [of for name, of in worth.items() if name != target]
    sources = sorted({source for of in others for source in of})
    scores = [[of.get(source, np.nan) for of in others] for source in sources]
    leads = mean_elsewhere(np.array(scores, np.float64).reshape(len(sources), len(others)))
    return dict(zip(sources, leads.tolist(), strict=True))

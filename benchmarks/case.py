"""What the ways of choosing are held against: the subjects of one target, with all that is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from taskatlas.embed.interval import ForecastResult
from taskatlas.forecast.indications import Indications, gather

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """What is known of P subjects on one target.

    Attributes:
        target: its name.
        subjects: names; the same subject has the same name on every target.
        truth: true accuracy per subject, [P].
        answers: probabilities on the target's n labelled train texts, float [P, n, C].
        labels: of those texts, int64 [n].
        forecasts: accuracy per subject, P of them.
        cosines: space → cosine of subject and target, [P].
        vectors: space → the target's vector; those of two cases may be compared where they share subjects.
        likely: what the gold student says of the m texts of the corpus, [m, C].
        given: what the subjects answered there, indices of labels, int64 [P, m].
        seen: whether the surrogate sees anything of the target's labels; see `GoldStudent`.
    """

    target: str
    subjects: list[str]
    truth: Floats
    answers: Floats
    labels: Ints
    forecasts: list[ForecastResult]
    cosines: dict[str, Floats]
    vectors: dict[str, npt.NDArray[np.float32]]
    likely: Floats
    given: Ints
    seen: bool

    @property
    def indications(self) -> Indications:
        """What is known of the subjects without a call on the target."""
        return gather(
            self.target, dict(zip(self.subjects, self.forecasts, strict=True)), self.likely, self.given, seen=self.seen
        )

    def only(self, keep: Sequence[int]) -> Case:
        """The case of some of the subjects."""
        rows = np.asarray(keep, np.int64)
        return replace(
            self,
            subjects=[self.subjects[i] for i in keep],
            truth=self.truth[rows],
            answers=self.answers[rows],
            forecasts=[self.forecasts[i] for i in keep],
            cosines={name: values[rows] for name, values in self.cosines.items()},
            given=self.given[rows],
        )

    def joined(self, other: Case) -> Case:
        """The case of these subjects and of those of another case of the same target."""
        return replace(
            self,
            subjects=[*self.subjects, *other.subjects],
            truth=np.concatenate([self.truth, other.truth]),
            answers=np.concatenate([self.answers, other.answers]),
            forecasts=[*self.forecasts, *other.forecasts],
            cosines={name: np.concatenate([values, other.cosines[name]]) for name, values in self.cosines.items()},
            given=np.concatenate([self.given, other.given]),
        )

    def distinct(self) -> Case:
        """The case without subjects that make a choice easy: those that answer all texts alike, or as one before."""
        chosen = [tuple(row) for row in self.answers.argmax(axis=2).tolist()]
        first = {answers: place for place, answers in reversed([*enumerate(chosen)])}
        return self.only(
            [place for answers, place in sorted(first.items(), key=itemgetter(1)) if len(set(answers)) > 1]
        )

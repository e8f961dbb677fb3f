"""The evidence on a dataset: what is known of every subject there, and who speaks for a model or another dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from taskatlas.recommend.baseline import Baseline
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.merits import Floats

UNFORECAST = "no forecast: "
"""How the note on a subject begins that was not called, and of which a student says nothing: the reason follows."""


@dataclass(frozen=True)
class DatasetEvidence:
    """All that is known of P subjects on one dataset with n test texts.

    Attributes:
        candidates: the subjects whose answers can be matched with its labels, by name.
        merits: as `recommend.verdicts.judge` takes them, float64 [P, n].
        of_baseline: of the baseline, float64 [n].
        baseline: what there is to beat.
        notes: what else to know of a subject, by its name.
        metric: of all scores here.
    """

    candidates: tuple[Candidate, ...]
    merits: Floats
    of_baseline: Floats
    baseline: Baseline
    notes: Mapping[str, str]
    metric: str

    def standing_in(self, subjects: Mapping[str, str | None]) -> tuple[list[Candidate], Floats]:
        """Return candidates of other names, each with what is known of the subject that stands in for it: none where
        that is None."""
        places = {candidate.name: place for place, candidate in enumerate(self.candidates)}
        candidates, merits = [], np.full((len(subjects), self.merits.shape[1]), np.nan)
        for row, (name, subject) in enumerate(subjects.items()):
            if subject is None:
                candidates.append(Candidate(name, self.metric))
            else:
                candidates.append(replace(self.candidates[places[subject]], name=name))
                merits[row] = self.merits[places[subject]]
        return candidates, merits

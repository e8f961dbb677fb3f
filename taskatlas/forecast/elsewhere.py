"""Leads elsewhere: how far a subject is above the mean of other datasets, shrunk where it was measured on few."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskatlas.embed.measure import Floats

SHRINKAGE = 0.5
"""Datasets without any lead that are added to those that a subject was measured on."""


@dataclass(frozen=True)
class Leads:
    """The leads of all subjects over the mean of all subjects of a dataset.

    Attributes:
        subjects: name → row; the last row is of those who were measured nowhere.
        datasets: name → column.
        values: leads, 0 where nobody measured, float64 [rows, D].
        known: 1 where somebody did, [rows, D].
    """

    subjects: Mapping[str, int]
    datasets: Mapping[str, int]
    values: Floats
    known: Floats

    @classmethod
    def of(cls, scores: Mapping[str, Mapping[str, float]]) -> Leads:
        """Gather the leads from dataset → subject → measured score."""
        names = dict.fromkeys(subject for measured in scores.values() for subject in measured)
        subjects = {name: row for row, name in enumerate(names)}
        datasets = {name: column for column, name in enumerate(scores)}
        values, known = np.zeros((2, len(subjects) + 1, len(datasets)))
        for measured, column in zip(scores.values(), datasets.values(), strict=True):
            rows, found = [subjects[name] for name in measured], np.asarray([*measured.values()], np.float64)
            values[rows, column] = found - found.mean() if len(found) else found
            known[rows, column] = 1.0
        return cls(subjects, datasets, values, known)

    def elsewhere(self, subjects: Sequence[str], without: Collection[str]) -> Floats:
        """Return the mean lead of each of P subjects on all datasets but some, float64 [P]; one that was measured
        nowhere else has a lead of 0."""
        rows = [self.subjects.get(name, -1) for name in subjects]
        kept = [column for name, column in self.datasets.items() if name not in without]
        total, count = self.values[:, kept].sum(axis=1), self.known[:, kept].sum(axis=1)
        leads: Floats = (total / (count + SHRINKAGE))[rows]
        return leads

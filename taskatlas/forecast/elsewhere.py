"""Leads elsewhere: how far a subject is above the mean of other datasets, shrunk where it was measured on few."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from taskatlas.embed.measure import Floats

SHRINKAGE = 0.5
"""Datasets without any lead that are added to those that a subject was measured on."""


def leads_elsewhere(
    scores: Mapping[str, Mapping[str, float]], subjects: Sequence[str], without: Collection[str]
) -> Floats:
    """Return the mean lead of each subject over the mean of all subjects of a dataset, float64 [P].

    Args:
        scores: dataset → subject → measured score.
        subjects: P names; one that was measured nowhere else has a lead of 0.
        without: datasets that are left out.
    """
    total, count = dict.fromkeys(subjects, 0.0), dict.fromkeys(subjects, 0)
    for dataset, measured in scores.items():
        if dataset in without or not measured:
            continue
        mean = float(np.mean(list(measured.values())))
        for subject in measured.keys() & total.keys():
            total[subject] += measured[subject] - mean
            count[subject] += 1
    return np.asarray([total[name] / (count[name] + SHRINKAGE) for name in subjects], np.float64)

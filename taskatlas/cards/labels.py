"""Labels of one vocabulary as labels of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt


def map_labels(
    subject_labels: Sequence[str], dataset_labels: Sequence[str], mapping: Mapping[str, str] | None = None
) -> npt.NDArray[np.int64] | None:
    """Return which of the dataset's labels each of the subject's labels stands for.

    Args:
        subject_labels: C labels that the subject can answer.
        dataset_labels: K labels of the dataset.
        mapping: subject's label → dataset's label, where they are named differently.

    Returns:
        int64 [C], indices into `dataset_labels`, −1 where a label stands for none; or None where a label of the dataset
        cannot be reached, so that the subject cannot be scored on it. Names are compared without case.

    >>> map_labels(["Negative", "good"], ["positive", "negative"], {"good": "positive"})
    array([1, 0])
    >>> map_labels(["positive"], ["positive", "negative"]) is None
    True
    """
    indices = label_positions(subject_labels, dataset_labels, mapping)
    reachable = set(label_positions(dataset_labels, dataset_labels).tolist())
    return None if reachable - set(indices.tolist()) else indices


def label_positions(
    given: Sequence[str], dataset_labels: Sequence[str], mapping: Mapping[str, str] | None = None
) -> npt.NDArray[np.int64]:
    """Return which of the dataset's labels each of C labels that were given stands for, as `map_labels` does, whether
    or not all of the dataset's are among them: int64 [C], −1 for none.

    >>> label_positions(["Negative", "perhaps"], ["positive", "negative"])
    array([ 1, -1])
    """
    names = {folded(source): folded(target) for source, target in (mapping or {}).items()}
    positions = {folded(label): position for position, label in enumerate(dataset_labels)}
    found = [positions.get(names.get(folded(label), folded(label)), -1) for label in given]
    return np.asarray(found, np.int64)


def folded(label: str) -> str:
    """Return a label as labels are compared: without case, and with single spaces.

    >>> folded(" Very  Good")
    'very good'
    """
    return " ".join(label.casefold().split())

"""Labels of one vocabulary as labels of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt


def map_labels(
    subject_labels: Sequence[str], dataset_labels: Sequence[str], mapping: Mapping[str, str] | None = None
) -> npt.NDArray[np.int64] | None:
    """Which of the dataset's labels each of the subject's labels stands for.

    Args:
        subject_labels: C labels that the subject can answer.
        dataset_labels: K labels of the dataset.
        mapping: subject's label → dataset's label, where they are named differently.

    Returns:
        int64 [C], places in `dataset_labels`, −1 where a label stands for none; or None where a label of the dataset
        cannot be reached, so that the subject cannot be scored on it. Names are compared without case.
    """
    names = {folded(source): folded(target) for source, target in (mapping or {}).items()}
    places = {folded(label): place for place, label in enumerate(dataset_labels)}
    found = [places.get(names.get(folded(label), folded(label)), -1) for label in subject_labels]
    if set(places.values()) - set(found):
        return None
    return np.asarray(found, np.int64)


def folded(label: str) -> str:
    """A label without what labels are compared without: case, and how wide its spaces are."""
    return " ".join(label.casefold().split())

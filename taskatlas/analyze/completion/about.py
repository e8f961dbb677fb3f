"""What is known besides scores, as kernels of datasets and of subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.completion.kernels import likeness, name_features
from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
DATASET_WIDTH = 0.5
NAME_WIDTHS = (0.3, 0.1)
"""Of the kernels of subjects' names: their families, and the same model in two forms."""


@dataclass(frozen=True)
class About:
    """What is known of S subjects and D datasets besides scores.

    Attributes:
        datasets: kernels of the datasets, one for each thing that is known of them, float64 [P, D, D]; P may be 0.
        subjects: kernels of the subjects, float64 [Q, S, S]; Q is 1 or more.
    """

    datasets: Floats
    subjects: Floats

    def one_of_datasets(self) -> Floats:
        """One kernel of the datasets, the mean of all; where there is none, each is like itself alone; [D, D]."""
        return self.datasets.mean(axis=0) if len(self.datasets) else np.eye(self.datasets.shape[1])


def about(subjects: Sequence[str], count: int, features: Sequence[npt.ArrayLike] = ()) -> About:
    """Return what names of subjects and features of datasets say.

    Args:
        subjects: names of the S subjects, such as a publisher's name with a family and a size.
        count: of the datasets, D.
        features: of the datasets, float [D, d] each with its own d: embeddings of their descriptions, columns of 0
            and 1 for their languages, or whatever tells how alike they are.

    Raises:
        InputError: features of another number of datasets, or that are not finite.
    """
    kernels = [likeness(each, width=DATASET_WIDTH) for each in features]
    wrong = [kernel.shape[0] for kernel in kernels if len(kernel) != count]
    if wrong:
        raise InputError(f"features of {wrong[0]} datasets do not fit scores on {count}")
    names = name_features(subjects)
    of_subjects = np.stack([likeness(names, width=width) for width in NAME_WIDTHS])
    return About(np.array(kernels).reshape(-1, count, count), of_subjects)

"""Which labelled train texts a model is fitted on, and which are kept from it.

A model answers the texts that it was fitted on better than any others, so they cannot tell what it will score. A share
of the train split is kept from it, chosen by content hash; its forecasts on its own dataset use these texts only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.hashing import digest
from taskatlas.schemas.modelcard import Fit


def fitted_on(fit: Fit, examples: pa.Table) -> npt.NDArray[np.bool_]:
    """Return whether a model is fitted on each of its dataset's train examples: bool [n].

    The first example of every label is always fitted on, so that a probe can answer all of them.

    Args:
        fit: what its card says.
        examples: the train split of its dataset, in the schema of TABLES['examples'].
    """
    shares = [int(digest("holdout", text_id)[:13], 16) / 16**13 for text_id in examples["text_id"].to_pylist()]
    fitted = np.asarray(shares) >= fit.holdout
    labels = np.asarray(examples["label"].to_pylist(), dtype=object)
    for label in {label for label in labels if label is not None}:
        fitted[np.flatnonzero(labels == label)[0]] = True
    return fitted

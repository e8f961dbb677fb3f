"""How alike datasets or subjects are by what is known of them: kernels of features, and features of names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
_ZERO = 1e-9


def likeness(features: npt.ArrayLike, *, width: float = 1.0) -> Floats:
    """Return the Gaussian kernel of rows scaled to length one, exp((cosine − 1) / width), float64 [n, n].

    A row of zeros, of which nothing is known, is like none but itself. The kernel is positive semi-definite, with
    ones on its diagonal.

    Args:
        features: float [n, d], finite.
        width: above 0; the smaller, the more alike rows must be to count.

    Raises:
        InputError: no rows of features, or a number that is not finite.
    """
    rows = np.asarray(features, np.float64)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise InputError(f"features of shape {list(rows.shape)} are not finite rows")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.where(lengths > _ZERO, rows / np.maximum(lengths, _ZERO), 0.0)
    kernel: Floats = np.exp((np.clip(unit @ unit.T, -1.0, 1.0) - 1.0) / width)
    known = (lengths > _ZERO).ravel().astype(np.float64)
    kernel *= np.outer(known, known)
    np.fill_diagonal(kernel, 1.0)
    return kernel


def name_features(names: Sequence[str]) -> Floats:
    """Return TF-IDF weights of the runs of 3 to 5 characters in names, float64 [n, d] with rows of length one.

    Names tell more than one would think: publisher, family, size, language. A name without letters and digits has a
    row of zeros.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    spaced = [_spaced(name) for name in names]
    if not any(spaced):
        return np.zeros((len(names), 1))
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    return np.asarray(vectors.fit_transform(spaced).toarray(), np.float64)


def _spaced(name: str) -> str:
    """A name in lower case, its parts set apart: words of camel case, and what punctuation divides."""
    parts = re.sub(r"[^\w.]+|_+", " ", name)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", parts).lower().strip()

"""How alike the classes of two datasets lie, whatever they are called and in whatever order they come.

The class scatter of a layer is Σ_c π_c (μ_c − μ)(μ_c − μ)ᵀ, π_c the share of class c and μ_c the mean of its inputs:
Fisher's covariance between classes. It is kept as the factor of which it is the square. The similarity of two is the
cosine of their scatters, tr(A Aᵀ B Bᵀ) over their lengths, a mean over layers. Numbers count as two classes, low and
high, to which a text belongs in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.embed.method import check, check_fit, unit
from taskatlas.embed.outputs import Outputs

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


class LabelForm(NamedTuple):
    """What is known of labels without their names.

    Attributes:
        classes: how many there are; 0 for numbers.
        pairs: whether something is read beside each text: a second text, fields or choices.
    """

    classes: int
    pairs: bool


def class_scatter(features: Array, outputs: Outputs) -> Array:
    """Return the factor of the class scatter per layer, float32 [L, d, C]: √π_c (μ_c − μ) by class.

    Args:
        features: of n texts, float32 [n, L, d]; each layer is scaled to unit length.
        outputs: labels of these texts, whose names are not looked at.

    Raises:
        InputError: features that are not finite, or of another number of texts.
    """
    check(features)
    check_fit(len(features), outputs, np.empty((len(outputs.texts), 0), np.float32))
    layers = unit(features).transpose(1, 2, 0)
    share = outputs.weights.mean(axis=0, dtype=np.float64)
    beyond = (outputs.weights - share) / np.sqrt(np.maximum(share, 1e-12))
    return np.asarray(layers @ beyond.astype(np.float32) / len(features), np.float32)


def scatter_cosines(factors: Sequence[Array]) -> Floats:
    """Return the cosines of N datasets' class scatters, the mean over layers: float64 [N, N], each within [0, 1].

    Args:
        factors: as `class_scatter` gives them, [L, d, C], C differing between datasets.
    """
    lengths = np.maximum([_product(factor, factor) for factor in factors], 1e-24)
    products = np.array([[_product(one, other) for other in factors] for one in factors])
    return np.asarray((products / np.sqrt(lengths[:, None] * lengths[None])).mean(axis=2), np.float64)


def form_closeness(forms: Sequence[LabelForm]) -> Floats:
    """Return how alike N forms of labels are, float64 [N, N]: from 2 for the same to −2.

    Numbers of classes lie as close as exp(−difference²), on a scale from −1 to 1; one text or two counts 1 or −1.
    """
    classes = np.array([form.classes for form in forms], np.float64)
    pairs = np.array([form.pairs for form in forms])
    near = 2.0 * np.exp(-((classes[:, None] - classes[None]) ** 2)) - 1.0
    return np.asarray(near + np.where(pairs[:, None] == pairs[None], 1.0, -1.0), np.float64)


def _product(one: Array, other: Array) -> Floats:
    """tr(A Aᵀ B Bᵀ) = ‖Aᵀ B‖² per layer, float64 [L]."""
    return np.asarray((np.einsum("ldc,lde->lce", one, other, optimize=True).astype(np.float64) ** 2).sum(axis=(1, 2)))

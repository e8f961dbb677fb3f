"""Made-up features and outputs: cheap, seeded, and with something to learn in them."""

from __future__ import annotations

import numpy as np

from taskatlas.embed.method import unit


def features(n: int = 60, layers: int = 3, dim: int = 12, seed: int = 0) -> np.ndarray:
    """float32 [n, layers, dim], with a mean and with layers of different length."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, layers, dim)) * np.arange(1, layers + 1)[:, None] + 0.3).astype(np.float32)


def vectors(count: int, dim: int = 12, seed: int = 1) -> np.ndarray:
    """ψ of `count` output texts: float32 [count, dim] of unit length."""
    return unit(np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32))


def logits(inputs: np.ndarray, count: int = 3, seed: int = 2) -> np.ndarray:
    """A linear function of the features, [n, count]."""
    flat = inputs.reshape(len(inputs), -1)
    return flat @ np.random.default_rng(seed).normal(size=(flat.shape[1], count))


def classes(inputs: np.ndarray, count: int = 3, seed: int = 2) -> list[str]:
    """Labels 'c0', 'c1', ... that a linear function of the features decides."""
    return [f"c{index}" for index in logits(inputs, count, seed).argmax(axis=1)]


def probabilities(inputs: np.ndarray, count: int = 3, seed: int = 2) -> np.ndarray:
    """Probabilities [n, count] whose heaviest are `classes`."""
    odds = np.exp(0.1 * logits(inputs, count, seed))
    return odds / odds.sum(axis=1, keepdims=True)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

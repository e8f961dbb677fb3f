"""Other methods of choosing among prompts: published ones that use calls on the target but no labels, and trying.

Each takes the probabilities of P subjects on the same n texts of the target, float [P, n, C], and gives a score per
subject, float64 [P]: higher is guessed to be better. The benchmarks hold forecasts against them. Yang et al. 2024
(TACL, arXiv 2305.14877, section 2.2) compare most of them in one notation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_TINY = 1e-12


def mutual_information(probabilities: npt.ArrayLike) -> Floats:
    """Return H(mean of p) − mean of H(p), in nats: answers that differ between texts, each given with confidence.

    Sorensen et al. 2022 (ACL, arXiv 2203.11364), equation 2.
    """
    p = _checked(probabilities)
    information: Floats = _entropy(p.mean(axis=1)) - _entropy(p).mean(axis=1)
    return information


def global_entropy(probabilities: npt.ArrayLike) -> Floats:
    """Return the entropy of how often each class is answered, in nats: a subject that leans to one class scores low.

    GlobalE of Lu et al. 2022 (ACL, arXiv 2104.08786), equation 3.
    """
    p = _checked(probabilities)
    shares = np.stack([np.bincount(row, minlength=p.shape[2]) / p.shape[1] for row in p.argmax(axis=2)])
    return _entropy(shares)


def local_entropy(probabilities: npt.ArrayLike) -> Floats:
    """Return the mean entropy of the probabilities of each text, in nats: a subject that is too sure scores low.

    LocalE of Lu et al. 2022 (ACL, arXiv 2104.08786), equation 5.
    """
    entropies: Floats = _entropy(_checked(probabilities)).mean(axis=1)
    return entropies


def description_length(probabilities: npt.ArrayLike) -> Floats:
    """Return minus the mean entropy of the probabilities of each text, in nats: how few nats a subject expects to need
    to tell the labels.

    MDL of Wu et al. 2023 (ACL, arXiv 2212.10375), which chooses for each text, as one choice for all texts: MDL_M of
    Yang et al. 2024, section 3. It is the opposite of `local_entropy`.
    """
    return -local_entropy(probabilities)


def codelength(probabilities: npt.ArrayLike, labels: Ints, k: int, *, seed: int = 0) -> Floats:
    """Return minus the mean codelength, in nats, of the labels of the same k texts, drawn at random; labels int64 [n].

    MDL of Perez et al. 2021 (NeurIPS, arXiv 2105.11447, section 2): the codelength of labels that are sent one after
    another, each under the probabilities that a subject gives after those before it. Ours learn nothing from labels, so
    it is their log-loss. A probability of 0 counts as 1e-12.

    Raises:
        InputError: fewer than k labelled texts.
    """
    p = _checked(probabilities)
    rows = _drawn(p, labels, k, seed)
    given = p[:, rows, labels[rows]]
    lengths: Floats = np.log(np.maximum(given, _TINY)).mean(axis=1)
    return lengths


def perplexity(token_likelihoods: Sequence[Sequence[npt.ArrayLike]]) -> Floats:
    """Return minus the mean perplexity of what each subject's model is shown: words that it is at home with score high.

    SPELL of Gonen et al. 2023 (EMNLP Findings, arXiv 2212.04037, section 2): the perplexity of the whole prompt with
    the text in it and without an answer, as a mean over texts.

    Args:
        token_likelihoods: of P subjects, of the same n texts each, natural log-likelihoods of the tokens of the
            rendered prompt, each given those before it, float [tokens]. They take a causal model that reads the prompt
            itself; probabilities of answers do not tell them.

    Raises:
        InputError: no subject, no text, another number of texts, or a prompt without tokens or with numbers that are
            not finite and 0 or less.
    """
    counts = {len(texts) for texts in token_likelihoods}
    if len(counts) != 1 or 0 in counts:
        raise InputError(f"log-likelihoods of {sorted(counts)} texts are not of the same texts for every subject")
    return np.array([-np.mean([_perplexity(tokens) for tokens in texts]) for texts in token_likelihoods], np.float64)


def zps(probabilities: npt.ArrayLike, ensemble: Literal["log-mean", "mean", "vote"] = "log-mean") -> Floats:
    """Return the agreement with the pseudo-labels of an ensemble of the subjects themselves.

    Zero-label prompt selection, Liao et al. 2022 (arXiv 2211.04668, section 3): subjects of low confidence (mean gap of
    the two highest probabilities, split by 2-means) are left out of the ensemble; the score is accuracy on its
    pseudo-labels.

    Args:
        probabilities: float [P, n, C].
        ensemble: a text's pseudo-label is the class with the highest mean log-probability, the highest mean
            probability, or most votes; of equals the first.
    """
    p = _checked(probabilities)
    ordered = np.sort(p, axis=2)
    confident = p[upper_cluster((ordered[:, :, -1] - ordered[:, :, -2]).mean(axis=1))]
    if ensemble == "log-mean":
        weights = np.log(np.maximum(confident, _TINY)).mean(axis=0)
    elif ensemble == "mean":
        weights = confident.mean(axis=0)
    else:
        weights = np.eye(p.shape[2])[confident.argmax(axis=2)].mean(axis=0)
    agreement: Floats = (p.argmax(axis=2) == weights.argmax(axis=1)).mean(axis=1)
    return agreement


def trying(probabilities: npt.ArrayLike, labels: Ints, k: int, *, seed: int = 0) -> Floats:
    """Return the accuracy of every subject on the same k labelled texts, drawn at random; labels int64 [n].

    Raises:
        InputError: fewer than k labelled texts.
    """
    p = _checked(probabilities)
    rows = _drawn(p, labels, k, seed)
    accuracies: Floats = (p.argmax(axis=2)[:, rows] == labels[rows]).mean(axis=1)
    return accuracies


def at_random(count: int, *, seed: int = 0) -> Floats:
    """Return a random score per subject: what chance alone reaches."""
    return np.random.default_rng(seed).random(count)


def upper_cluster(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which of the values [P] are in the higher cluster of 2-means, bool [P]; all of them where they are equal.

    It is exact: of all cuts of the sorted values, the one with the least squared distance to the two means.
    """
    line = np.asarray(values, np.float64)
    cuts = np.unique(line)[1:]
    if not len(cuts):
        return np.ones(len(line), np.bool_)
    within = [_squared(line[line < cut]) + _squared(line[line >= cut]) for cut in cuts]
    return np.asarray(line >= cuts[int(np.argmin(within))], np.bool_)


def _drawn(p: Floats, labels: Ints, k: int, seed: int) -> Ints:
    """Return which k of the texts are tried, int64 [k]: of one seed the same for every way."""
    if not 0 < k <= len(labels) or len(labels) != p.shape[1]:
        raise InputError(f"{len(labels)} labels do not fit {p.shape[1]} texts of which {k} are to be tried")
    return np.random.default_rng(seed).permutation(len(labels))[:k]


def _perplexity(tokens: npt.ArrayLike) -> float:
    likelihoods = np.asarray(tokens, np.float64)
    if not likelihoods.size or not np.isfinite(likelihoods).all() or likelihoods.max() > 0:
        raise InputError("log-likelihoods of a prompt's tokens are finite numbers of 0 or less, and one at least")
    return float(np.exp(-likelihoods.mean()))


def _squared(values: Floats) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _entropy(p: Floats) -> Floats:
    entropy: Floats = -(p * np.log(np.maximum(p, _TINY))).sum(axis=-1)
    return entropy


def _checked(probabilities: npt.ArrayLike) -> Floats:
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 3 or 0 in p.shape or p.shape[2] < 2 or not np.isfinite(p).all():
        raise InputError(f"probabilities of shape {list(p.shape)} are not finite [subjects, texts, 2 or more classes]")
    return p


UNLABELLED: Mapping[str, Callable[[npt.ArrayLike], Floats]] = {
    "mutual information": mutual_information,
    "global entropy": global_entropy,
    "local entropy": local_entropy,
    "MDL": description_length,
    "ZPS, mean of log-probabilities": zps,
    "ZPS, mean of probabilities": lambda p: zps(p, "mean"),
    "ZPS, majority vote": lambda p: zps(p, "vote"),
}
"""The ways that see answers to texts of the target, and no labels, by name. SPELL is not among them: it takes the
likelihoods of a prompt's own tokens."""

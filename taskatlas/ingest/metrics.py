"""Metrics of known scores: one name for each, and between which values it lies."""

from __future__ import annotations

import math
import re

SHARES = frozenset(
    "accuracy balanced_accuracy exact_match f1 macro_f1 micro_f1 weighted_f1 precision recall auroc "  # noqa: SIM905
    "average_precision rouge_1 rouge_2 rouge_l chrf".split()
)
"""Metrics from 0 to 1, which people write as percentages, too."""
CORRELATIONS = frozenset("spearman pearson kendall mcc".split())  # noqa: SIM905
"""Metrics from -1 to 1, which people write as percentages, too."""
_LONGEST = 60
_OTHER_NAMES = {
    "acc": "accuracy", "accuracy_score": "accuracy", "em": "exact_match",
    "f1_macro": "macro_f1", "f1_micro": "micro_f1", "f1_weighted": "weighted_f1", "f1_score": "f1", "token_f1": "f1",
    "rouge1": "rouge_1", "rouge2": "rouge_2", "rougel": "rouge_l", "chr_f": "chrf",
    "spearmanr": "spearman", "spearman_rho": "spearman", "pearsonr": "pearson", "matthews_corrcoef": "mcc",
    "roc_auc": "auroc", "ap": "average_precision",
}  # fmt: skip


def metric_name(written: str) -> str:
    """Return the one name of a metric; '' where it has no letter of a-z and no digit.

    >>> metric_name("Acc."), metric_name("F1 (macro)"), metric_name("ROUGE-L")
    ('accuracy', 'macro_f1', 'rouge_l')
    """
    name = re.sub(r"[^a-z0-9]+", "_", written.casefold()).strip("_")[:_LONGEST]
    return _OTHER_NAMES.get(name, name)


def is_bounded(metric: str) -> bool:
    """Return whether it is known between which values a metric lies, so that a percentage of it can be told."""
    return metric in SHARES or metric in CORRELATIONS


def bounds(metric: str) -> tuple[float, float]:
    """Return the lowest and the highest value of a metric; infinities where nobody knows.

    >>> bounds("accuracy"), bounds("spearman"), bounds("mean_rank")
    ((0.0, 1.0), (-1.0, 1.0), (-inf, inf))
    """
    if metric in SHARES:
        return 0.0, 1.0
    return (-1.0, 1.0) if metric in CORRELATIONS else (-math.inf, math.inf)

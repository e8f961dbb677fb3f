"""The starter's example of a model that is a Python function: VADER, a lexicon and rules for sentiment.

Source: Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text",
ICWSM 2014; package vaderSentiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

STEEPNESS = 2.0
NEUTRAL_BAND = 0.05
"""VADER's own rule: a compound score within ±0.05 is neutral."""


def vader(
    threshold: float = 0.0, *, neutral: bool = False
) -> Callable[[Sequence[tuple[str, str | None]]], list[dict[str, float]]]:
    """Return a function from texts to probabilities of negative and positive, and of neutral where that is a label.

    VADER gives no probabilities but a compound score c in [-1, 1]. With s = STEEPNESS · (c - threshold), the log-odds
    of positive, negative and neutral are s, -s and STEEPNESS · NEUTRAL_BAND: smooth in c, even at the threshold, and
    neutral is the most probable exactly where VADER's own rule says so. Without neutral, c = 0.5 gives 0.88.

    Args:
        threshold: the compound score at which positive and negative are equally probable.
        neutral: whether neutral is a label.

    """

    def answer(texts: Sequence[tuple[str, str | None]]) -> list[dict[str, float]]:
        return [_probabilities(_compound(text, pair) - threshold, neutral=neutral) for text, pair in texts]

    return answer


def _compound(text: str, pair: str | None) -> float:
    """Return VADER's compound score of a text; a pair is scored as two sentences."""
    scores = _analyzer().polarity_scores(text if pair is None else f"{text}\n{pair}")
    return float(scores["compound"])


def _probabilities(compound: float, *, neutral: bool) -> dict[str, float]:
    odds = {"negative": math.exp(-STEEPNESS * compound), "positive": math.exp(STEEPNESS * compound)}
    if neutral:
        odds["neutral"] = math.exp(STEEPNESS * NEUTRAL_BAND)
    total = sum(odds.values())
    return {label: weight / total for label, weight in odds.items()}


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()

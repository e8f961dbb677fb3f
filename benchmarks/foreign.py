"""Sentiment subjects that share no weights with the surrogate, and the seven targets they are measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks.bank import Dataset, Text, corpus
from benchmarks.case import Case
from benchmarks.features import Features
from benchmarks.spaces import Spaces
from taskatlas.analyze.similarity import cosines
from taskatlas.embed.forecast import forecast
from taskatlas.embed.outputs import Outputs, from_labels, from_probabilities
from taskatlas.embed.student import scaled
from taskatlas.forecast.gold import gold_student

LABELS = ["negative", "positive"]
LEFT_OUT = ("sentiment", "emotion", "offence")
"""Families that the corpus holds no text of."""
SIZES = (100, 300, 1_000)
Floats = npt.NDArray[np.float64]
Answer = Callable[[list[str]], Floats]

SOURCES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "sst2": ("sst2", ("negative",), ("positive",)),
    "mr": ("mr", ("negative",), ("positive",)),
    "cr": ("cr", ("negative",), ("positive",)),
    "mpqa": ("mpqa", ("negative",), ("positive",)),
    "joy or anger": ("tweet_emotion", ("anger",), ("joy",)),
    "optimism or sadness": ("tweet_emotion", ("sadness",), ("optimism",)),
    "offence": ("tweet_offensive", ("offensive",), ("not-offensive",)),
}
"""Name → dataset, the labels that count as negative, those that count as positive. Sources and targets alike."""


@dataclass(frozen=True)
class Polar:
    """A target: labelled texts that methods see, others to train subjects on, and test texts; labels are 0 and 1."""

    name: str
    labelled: tuple[list[Text], npt.NDArray[np.int64]]
    spare: tuple[list[Text], npt.NDArray[np.int64]]
    test: tuple[list[Text], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Subject:
    """A subject: its probabilities [n, 2] for texts, and whether it gives probabilities or labels alone."""

    name: str
    answer: Answer
    soft: bool

    def outputs(self, texts: list[str]) -> Outputs:
        """Its outputs on n texts."""
        p = self.answer(texts)
        if self.soft:
            return from_probabilities(p, LABELS, where=self.name)
        return from_labels([LABELS[int(index)] for index in p.argmax(axis=1)], LABELS, where=self.name)


def polar(datasets: dict[str, Dataset]) -> list[Polar]:
    """The seven targets. At most 400 labelled texts, and at most half of the train texts; subjects see the rest."""
    polars = []
    for name, (dataset, negative, positive) in SOURCES.items():
        splits = datasets[dataset]
        texts, labels = _polar(splits.train.texts + splits.spare.texts, splits.train.labels + splits.spare.labels,
                               negative, positive)  # fmt: skip
        cut = min(400, len(texts) // 2)
        test = _polar(splits.test.texts, splits.test.labels, negative, positive)
        polars.append(Polar(name, (texts[:cut], labels[:cut]), (texts[cut:], labels[cut:]), test))
    return polars


def usual(targets: Sequence[Polar]) -> list[Subject]:
    """VADER at three thresholds, and n-gram models of words and characters and naive Bayes: 66 subjects."""
    analyzer = SentimentIntensityAnalyzer()
    subjects = [Subject(f"vader above {limit}", _vader(analyzer, limit), soft=False) for limit in (-0.3, 0.05, 0.3)]
    kinds: dict[str, Callable[[], Any]] = {
        "words": lambda: make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10)
        ),
        "characters": lambda: make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True), LogisticRegression(C=10)
        ),
        "naive Bayes": lambda: make_pipeline(CountVectorizer(), MultinomialNB()),
    }
    return subjects + _trained(targets, kinds, soft=True)


def unseen(targets: Sequence[Polar]) -> list[Subject]:
    """Kinds that were not looked at while settings were chosen, and that give labels alone: 42 subjects."""
    kinds: dict[str, Callable[[], Any]] = {
        "support vectors of words": lambda: make_pipeline(TfidfVectorizer(), LinearSVC()),
        "centroids of characters": lambda: make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(3, 5), sublinear_tf=True), NearestCentroid()
        ),
    }
    return _trained(targets, kinds, soft=False)


def cases(datasets: dict[str, Dataset], features: Features) -> tuple[list[Case], list[Case]]:
    """A case per target, with the usual subjects and with the unseen ones."""
    targets, spaces = polar(datasets), Spaces(corpus(datasets, LEFT_OUT), features)
    first, second = (_cases(targets, subjects(targets), spaces, features) for subjects in (usual, unseen))
    return first, second


def _cases(targets: list[Polar], subjects: list[Subject], spaces: Spaces, features: Features) -> list[Case]:
    outputs = [subject.outputs([" ".join(filter(None, text)) for text in spaces.corpus]) for subject in subjects]
    vectors, students = [spaces.of_subject(o) for o in outputs], [spaces.student(o) for o in outputs]
    inputs = scaled(features.of(spaces.corpus))
    cases = []
    for target in targets:
        (texts, labels), (tests, truths) = target.labelled, target.test
        own = spaces.of_dataset(texts, from_labels([LABELS[index] for index in labels], LABELS))
        forecasts = [forecast(student, features.of(texts), labels, np.arange(2))[0] for student in students]
        answers = np.stack([subject.answer([text for text, _ in texts]) for subject in subjects])
        measured = [subject.answer([text for text, _ in tests]).argmax(axis=1) for subject in subjects]
        truth = np.array([float(np.mean(answer == truths)) for answer in measured])
        near = {m: cosines(np.stack([v[m] for v in vectors]), own[m][None])[:, 0].astype(np.float64) for m in own}
        gold = gold_student(scaled(features.of(texts)), labels, len(LABELS))
        likely, given = gold.probabilities(inputs), np.stack([each.top for each in outputs])
        names = [subject.name for subject in subjects]
        cases.append(Case(target.name, names, truth, answers, labels, forecasts, near, own, likely, given, gold.sees))
    return cases


def _trained(targets: Sequence[Polar], kinds: dict[str, Callable[[], Any]], *, soft: bool) -> list[Subject]:
    subjects = []
    for target in targets:
        texts, labels = [text for text, _ in target.spare[0]], target.spare[1]
        for size in SIZES:
            for kind, make in kinds.items():
                fitted = make().fit(texts[:size], labels[:size])
                subjects.append(
                    Subject(f"{kind}, {min(size, len(texts))} of {target.name}", _fitted(fitted, soft), soft)
                )
    return subjects


def _fitted(model: Any, soft: bool) -> Answer:
    if soft:
        answer: Answer = model.predict_proba
        return answer
    return lambda texts: np.eye(2)[model.predict(texts)]


def _vader(analyzer: SentimentIntensityAnalyzer, limit: float) -> Answer:
    return lambda texts: np.eye(2)[[int(analyzer.polarity_scores(text)["compound"] > limit) for text in texts]]


def _polar(
    texts: Sequence[Text], labels: Sequence[str | float], negative: Sequence[str], positive: Sequence[str]
) -> tuple[list[Text], npt.NDArray[np.int64]]:
    kept = [
        (text, int(label in positive))
        for text, label in zip(texts, labels, strict=True)
        if label in (*negative, *positive)
    ]
    return [text for text, _ in kept], np.array([label for _, label in kept], np.int64)

"""A target: a dataset's recorded prompts, what was measured of them, and what is known without a call there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.bank import Dataset
from benchmarks.features import Features
from benchmarks.smollm import asked as ask
from benchmarks.smollm.recordings import Recording
from benchmarks.spaces import Spaces
from taskatlas.embed.forecast import forecast
from taskatlas.embed.outputs import from_probabilities
from taskatlas.embed.student import scaled
from taskatlas.errors import InputError
from taskatlas.forecast.gold import gold_student
from taskatlas.forecast.indications import Indications, gather

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """What is known of P prompts of one dataset.

    Attributes:
        indications: from their answers on the corpus and 400 train labels of the dataset.
        right: whether they answered the labelled texts rightly, bool [P, n].
        majority: the share of the commonest label among these.
        seen: how much of the dataset the surrogate sees: leave-one-out accuracy of the gold student.
        train: labelled train texts.
    """

    indications: Indications
    right: npt.NDArray[np.bool_]
    majority: float
    seen: float
    train: int

    @property
    def name(self) -> str:
        """The dataset's."""
        return self.indications.dataset


def read(datasets: dict[str, Dataset], features: Features, name: str) -> Target:
    """Read a dataset's recording.

    Raises:
        InputError: the recording is not there, or is of other texts.
    """
    recording, texts, train = Recording(name), ask.texts(datasets, name), datasets[name].train
    if recording.header["test"] != [example.text_id for example in texts.test]:
        raise InputError("was recorded on other texts", where=f"{name}.jsonl", todo="use the taskbank that it is of")
    labels: list[str] = recording.header["labels"]
    indices = np.array([labels.index(str(label)) for label in train.labels])
    of_train, spaces = features.of(list(train.texts)), Spaces(texts.corpus_texts, features)
    gold = gold_student(scaled(of_train), indices, len(labels))
    test_labels = np.array([labels.index(label) for label in recording.header["gold"]])
    right, answers, forecasts = [], [], {}
    for prompt in recording.prompts():
        on_corpus = _summed_to_one(recording.probabilities(prompt, "corpus"))
        student = spaces.student(from_probabilities(on_corpus, labels))
        # a prompt of another dataset that is called alike is another one
        forecasts[f"{name}/{prompt}"] = forecast(student, of_train, indices, np.arange(len(labels)))[0]
        answers.append(on_corpus.argmax(axis=1))
        right.append(recording.probabilities(prompt, "test").argmax(axis=1) == test_labels)
    likely = gold.probabilities(scaled(features.of(texts.corpus_texts)))
    indications = gather(name, forecasts, likely, np.array(answers), seen=gold.sees)
    majority = float(np.bincount(test_labels).max() / len(test_labels))
    return Target(indications, np.array(right), majority, gold.reach, len(indices))


def _summed_to_one(probabilities: Floats) -> Floats:
    """Undo the rounding of the file."""
    shares: Floats = probabilities / probabilities.sum(axis=1, keepdims=True)
    return shares

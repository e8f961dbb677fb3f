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
from taskatlas.embed.interval import ForecastResult
from taskatlas.embed.outputs import from_labels, from_probabilities
from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """What is known of P prompts of one dataset.

    Attributes:
        name: the dataset's.
        prompts: their names.
        right: whether they answered the labelled texts rightly, bool [P, n].
        majority: the share of the commonest label among these.
        forecasts: of their accuracy, by their students, P of them.
        agreement: share of the corpus on which they answer as a student of the dataset's labels does, [P].
        seen: how much of the dataset the surrogate sees: that student's accuracy on the texts it is fitted on, each
            left out in its turn.
    """

    name: str
    prompts: list[str]
    right: npt.NDArray[np.bool_]
    majority: float
    forecasts: list[ForecastResult]
    agreement: Floats
    seen: float


def read(datasets: dict[str, Dataset], features: Features, name: str) -> Target:
    """Read a dataset's recording, and forecast its prompts from their answers on the corpus and 400 train labels.

    Raises:
        InputError: the recording is not there, or is of other texts.
    """
    recording, texts = Recording(name), ask.texts(datasets, name)
    labels: list[str] = recording.header["labels"]
    if recording.header["test"] != [example.text_id for example in texts.test]:
        raise InputError("was recorded on other texts", where=f"{name}.jsonl", todo="use the taskbank that it names")
    train = datasets[name].train
    indices = np.array([labels.index(str(label)) for label in train.labels])
    of_train, spaces = features.of(list(train.texts)), Spaces(texts.corpus_texts, features)
    gold = Spaces(list(train.texts), features).student(from_labels([str(label) for label in train.labels], labels))
    gold_answers = gold.predict(features.of(texts.corpus_texts)).argmax(axis=1)
    right, forecasts, agreement = [], [], []
    for prompt in recording.prompts():
        on_corpus = _summed_to_one(recording.probabilities(prompt, "corpus"))
        student = spaces.student(from_probabilities(on_corpus, labels))
        forecasts.append(forecast(student, of_train, indices, np.arange(len(labels)))[0])
        agreement.append(float(np.mean(on_corpus.argmax(axis=1) == gold_answers)))
        on_test = recording.probabilities(prompt, "test").argmax(axis=1)
        right.append(on_test == np.array([labels.index(label) for label in recording.header["gold"]]))
    counts = np.unique(recording.header["gold"], return_counts=True)[1]
    majority = float(counts.max() / counts.sum())
    return Target(name, recording.prompts(), np.array(right), majority, forecasts, np.array(agreement), gold.fidelity)


def _summed_to_one(probabilities: Floats) -> Floats:
    """Undo the rounding of the file."""
    shares: Floats = probabilities / probabilities.sum(axis=1, keepdims=True)
    return shares

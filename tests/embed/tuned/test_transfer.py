"""One task after another: what was tuned on the first is where the second begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from taskatlas.embed.outputs import from_labels, from_numbers
from taskatlas.embed.tuned.schedule import Schedule
from taskatlas.embed.tuned.transfer import Learner, Task, Text
from taskatlas.predict.encode import Encoder
from taskatlas.schemas.cards import Weights
from tests.support.checkpoints import bert_of_words
from tests.support.projects import BAD, GOOD, WORDS, sentences
from tests.support.tuned import brief, inputs

LONG, SHORT = Schedule(1e-2, epochs=40, batch=16), Schedule(1e-2, epochs=10, batch=8)


def told(n: int, seed: int) -> tuple[list[Text], list[str]]:
    """Sentences with a good or a bad word, and which."""
    texts = sentences(n, seed, [BAD[0], GOOD[0]])
    return [(text, None) for text in texts], [("no", "yes")[at % 2] for at in range(n)]


def task(n: int, seed: int, *, turned: bool = False) -> Task:
    texts, labels = told(n, seed)
    return Task(texts, from_labels(labels, ["yes", "no"] if turned else ["no", "yes"]))


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    folder: Path = tmp_path_factory.mktemp("transfer")
    sha256 = bert_of_words(folder / "bert", WORDS)
    weights = Weights(source="bert", revision="1", sha256=sha256, max_length=32)
    return Learner(brief("lora"), inputs(lambda: Encoder(weights, folder, "cpu")), seed=0)


def test_a_source_that_teaches_the_same_helps(learner: Learner):
    learnt = learner.learn(task(80, 1), LONG)
    assert learnt is not None
    asked, right = told(60, 3)
    few = task(8, 2, turned=True)
    alone, after = learner.learn_after([{}, learnt], few, asked, SHORT, 0)
    assert alone is not None
    assert after is not None
    truth = np.array([few.outputs.texts.index(label) for label in right])
    assert np.mean(after == truth) > 0.9
    assert np.mean(after == truth) > np.mean(alone == truth) + 0.2


def test_each_is_as_it_would_be_alone(learner: Learner):
    one, two = learner.learn(task(20, 1), SHORT), learner.learn(task(20, 5), SHORT)
    assert one is not None
    assert two is not None
    asked, _ = told(10, 3)
    target = Task(told(8, 2)[0], from_numbers(np.arange(8.0)))
    together = learner.learn_after([{}, one, two], target, asked, SHORT, 1)
    apart = [learner.learn_after([each], target, asked, SHORT, 1)[0] for each in ({}, one, two)]
    for mine, own in zip(together, apart, strict=True):
        np.testing.assert_allclose(mine, own, atol=1e-4)
    assert not np.allclose(together[0], together[1], atol=1e-3)


def test_what_cannot_be_learnt_is_none(learner: Learner):
    assert learner.learn(task(16, 1), Schedule(1e30, epochs=3, batch=8)) is None
    learnt = learner.learn_after([{}], task(8, 2), told(4, 3)[0], Schedule(1e30, epochs=3, batch=4), 0)
    assert learnt == [None]

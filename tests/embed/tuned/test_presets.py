"""Presets: how long and how fast, stopping early, and what is part of a space's id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from taskatlas import progress
from taskatlas.embed import METHODS, Options
from taskatlas.embed.tuned import trainer
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import Schedule, Tuning
from taskatlas.embed.tuned.trainer import Best, steps_of
from tests.support.tuned import NAMES, Surrogate, Texts, brief, embed, free, inputs, labels, texts, training_job, vector


def method_of(name: str, **tuning: Any) -> TunedMethod:
    actual = METHODS[name](Options(tuning=Tuning(**tuning)))
    assert isinstance(actual, TunedMethod)
    return actual


class Counted:
    """A sink that counts what is announced and what is done."""

    def __init__(self) -> None:
        self.expected = self.done = 0

    def expect(self, stage: str, amount: int, unit: str) -> None:
        self.expected += amount if stage == "train" else 0

    def advance(self, stage: str, amount: int) -> None:
        self.done += amount if stage == "train" else 0


@pytest.mark.parametrize("name", NAMES)
def test_settings_hold_all_that_changes_a_vector(name: str) -> None:
    """They are hashed into the space's id."""
    changes: list[dict[str, object]] = [
        {"preset": "balanced"}, {"preset": "fute"}, {"reading": "class_head"}, {"seed": 1}, {"max_dim": 100},
        {"projected_dim": 64},
    ]  # fmt: skip
    if name == "fisher":
        changes += [{"fisher_of": "outputs"}, {"fisher_squares": "of_mean"}]
    actual = [method_of(name).settings, *(method_of(name, **change).settings for change in changes)]
    assert all(isinstance(value, str | int | float) for settings in actual for value in settings.values())
    assert len({tuple(sorted(settings.items())) for settings in actual}) == len(actual)
    # what only fisher reads is no setting of others, whose spaces it would split
    assert (method_of(name, fisher_of="outputs").settings == method_of(name).settings) == (name != "fisher")


def test_settings_of_the_presets() -> None:
    """FUTE's: 1e-3 for an epoch (three where the model writes freely), 1e-2 with patience 4 for datasets."""
    fute = method_of("prefix", preset="fute").settings
    assert {key: fute[f"subjects.{key}"] for key in ("rate", "epochs", "generated", "batch")} == {
        "rate": 1e-3, "epochs": 1, "generated": 3, "batch": 128,
    }  # fmt: skip
    assert (fute["datasets.rate"], fute["datasets.patience"], fute["virtual_tokens"]) == (1e-2, 4, 16)
    fast = method_of("lora").settings
    assert (fast["subjects.texts"], fast["subjects.batch"], fast["rank"], fast["alpha"]) == (256, 8, 8, 16)
    assert {name: method_of(name).settings["subjects.rate"] for name in NAMES} == {
        "prefix": 1e-2, "prompt": 1e-2, "bitfit": 1e-3, "lora": 1e-3, "fisher": 2e-5, "taskvector": 2e-5,
    }  # fmt: skip
    for name in NAMES:
        for preset in ("fast", "balanced"):
            presets = method_of(name).presets
            assert presets.subjects[preset] == presets.datasets[preset], "vectors are as long as the training"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("preset", ["fast", "balanced", "fute"])
def test_every_preset_trains_subjects_and_datasets(surrogate: Surrogate, name: str, preset: str) -> None:
    entities = [labels(), free(), replace(labels(), is_dataset=True)]
    lengths = [np.linalg.norm(vector(one)) for one in embed(method_of(name, preset=preset), surrogate, entities)]
    assert np.isfinite(lengths).all()
    assert min(lengths) > 1e-4


def test_best_keeps_each_entitys_best_and_waits() -> None:
    """Of three entities: one gets worse at once, one has a relapse, one recovers after its patience has ended."""
    losses = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 4.0], [3.0, 2.5, 5.0], [4.0, 1.0, 1.0], [9.0, 1.0, 1.0]])
    best = Best({"w": torch.full((3, 2), -1.0)}, 3)
    stopped = [best.stops(loss, {"w": torch.full((3, 2), float(epoch))}, 2) for epoch, loss in enumerate(losses)]
    assert best.tuned["w"].tolist() == [[0.0, 0.0], [3.0, 3.0], [0.0, 0.0]]
    assert stopped == [False] * 5
    assert best.stops(torch.full((3,), torch.nan), {"w": torch.full((3, 2), 9.0)}, 2)
    assert best.tuned["w"].max() == 3.0


def test_best_is_where_it_began_if_nothing_helps() -> None:
    best = Best({"w": torch.zeros(1, 2)}, 1)
    assert best.stops(torch.tensor([torch.nan]), {"w": torch.ones(1, 2)}, 1)
    assert best.tuned["w"].tolist() == [[0.0, 0.0]]


def held_losses(monkeypatch: pytest.MonkeyPatch, losses: Sequence[Sequence[float]]) -> list[float]:
    """Give entities these held-out losses epoch by epoch, and tell the norms of the tuned parameters there."""
    seen: list[float] = []

    def fake(*args: object) -> torch.Tensor:
        tuned = args[3]
        assert isinstance(tuned, dict)
        seen.append(float(sum(value.detach()[0].norm() for value in tuned.values())))
        return torch.tensor(losses[len(seen) - 1])

    monkeypatch.setattr(trainer, "_held_loss", fake)
    return seen


def test_training_stops_early_and_keeps_the_best(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Schedule(1e-2, epochs=20, patience=2, batch=8)
    method = brief("bitfit", patient)
    shared = method.share(inputs(surrogate), method.pin(inputs(surrogate)))
    seen = held_losses(monkeypatch, [[3.0], [1.0], [2.0], [1.5], [0.1]])
    learnt = trainer.train(training_job(shared, [labels()], patient))
    assert len(seen) == 4  # the second epoch and as many more as its patience
    actual = sum(value[0].norm() for value in learnt.tuned.values())
    assert float(actual) == pytest.approx(seen[1], rel=1e-6)


def test_one_that_waits_for_others_stays_where_it_stopped(
    surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Schedule(1e-2, epochs=20, patience=1, batch=8)
    shared = brief("bitfit", patient).share(inputs(surrogate), brief("bitfit").pin(inputs(surrogate)))
    held_losses(monkeypatch, [[1.0], [2.0]])
    alone = trainer.train(training_job(shared, [labels()], patient)).tuned
    held_losses(monkeypatch, [[1.0, 5.0], [2.0, 4.0], [0.1, 3.0], [0.1, 9.0]])
    together = trainer.train(training_job(shared, [labels(), labels(seed=1)], patient)).tuned
    for name, value in alone.items():
        torch.testing.assert_close(together[name][0], value[0], atol=1e-6, rtol=1e-5)


def test_what_stops_early_is_measured_on_texts_that_it_does_not_learn(surrogate: Surrogate) -> None:
    method = brief("bitfit")
    shared = method.share(inputs(surrogate), method.pin(inputs(surrogate)))
    learnt, held = training_job(shared, [labels()], Schedule(1e-2, epochs=1, patience=4)).split
    assert (len(learnt), len(held)) == (20, 4)
    assert sorted([*learnt, *held]) == list(range(24))
    learnt, held = training_job(shared, [labels()], Schedule(1e-2, epochs=1, texts=10)).split
    assert (len(set(learnt)), len(held)) == (10, 0)
    assert learnt.tolist() != list(range(10))  # drawn, not the first


@pytest.mark.parametrize(
    ("schedule", "n", "steps"),
    [
        (Schedule(1e-2, epochs=2, batch=8), 24, 6),
        (Schedule(1e-2, epochs=2, batch=8), 25, 8),
        (Schedule(1e-2, epochs=1, batch=8, texts=16), 24, 2),
        (Schedule(1e-2, epochs=3, batch=8, patience=9), 24, 9),
        (Schedule(1e-2, epochs=3, batch=8, patience=9, texts=10), 24, 3),
    ],
)
def test_as_many_steps_are_done_as_announced(surrogate: Surrogate, schedule: Schedule, n: int, steps: int) -> None:
    args: Texts = texts(n)
    assert steps_of(n, schedule) == steps
    with progress.shown_by(sink := Counted()):
        embed(brief("bitfit", schedule), surrogate, [labels(n), labels(n, seed=1)], args)
    assert sink.expected == sink.done == 2 * steps


def test_free_texts_are_learnt_longer(surrogate: Surrogate) -> None:
    schedule = Schedule(1e-2, epochs=1, generated=3, batch=8)
    with progress.shown_by(sink := Counted()):
        actual = embed(brief("prefix", schedule), surrogate, [free(), labels()])
    assert sink.done == 3 * 3 + 3
    classes = replace(free(), outputs=replace(free().outputs, free=False))
    shorter = embed(brief("prefix", schedule), surrogate, [classes])
    assert np.linalg.norm(vector(actual[0])) > 1.5 * np.linalg.norm(vector(shorter[0]))

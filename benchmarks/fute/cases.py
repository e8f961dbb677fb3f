"""What is compared with FUTE's released code: a tiny surrogate, texts, outputs and a start for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import EntityOutputs, Inputs
from taskatlas.embed.outputs import from_labels, from_probabilities
from taskatlas.embed.tuned.method import SharedTuned, TunedMethod
from taskatlas.embed.tuned.schedule import Presets, ReleasedTraining, Tuning
from taskatlas.predict.encode import Encoder
from tests.support.tuned import checkpoint, texts

Array = npt.NDArray[np.float32]
N, HELD, CLASSES = 200, 40, 3
NO_DROPOUT = ReleasedTraining(dropout=0.0)
CHANGED: dict[str, dict[str, float]] = {
    "bert": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    "t5": {"dropout_rate": 0.0, "d_kv": 8},
}
"""Nothing is dropped; and the released code takes the width by the number of heads for that of a head."""


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        method: prefix or fisher.
        surrogate: bert or t5.
        outputs: a dataset's labels, a language model's answers, or another model's probabilities.
        baseline: whether a dataset is learnt as the papers' own baselines TaskEmb and TuPaTE do, without stopping
            early.
    """

    method: Literal["prefix", "fisher"]
    surrogate: Literal["bert", "t5"]
    outputs: Literal["labels of a dataset", "answers", "probabilities"]
    baseline: bool = False

    @property
    def learnt(self) -> str:
        """What is learnt and how, for readers."""
        name = {"prefix": "TuPaTE", "fisher": "TaskEmb"}[self.method]
        return f"{self.outputs}, as {name}" if self.baseline else self.outputs


_LEARNT: tuple[tuple[Any, bool], ...] = (
    ("labels of a dataset", True), ("labels of a dataset", False), ("answers", False), ("probabilities", False),
)  # fmt: skip
CASES = [
    Case(method, surrogate, outputs, baseline)
    for method in ("prefix", "fisher")
    for surrogate in ("bert", "t5")
    for outputs, baseline in _LEARNT
]


class Prepared:
    """A case with its files."""

    def __init__(self, case: Case, folder: Path) -> None:
        """Write what the released code needs."""
        self.case, self._texts = case, [(text, None) for text, _ in texts(N)]
        weights = checkpoint(case.surrogate, folder, **CHANGED[case.surrogate])
        self._inputs = Inputs(self._texts, _nothing_encoded, lambda: Encoder(weights, folder, "cpu"), case.surrogate)
        self._method = as_compared(case)
        self._pinned = self._method.pin(self._inputs)
        name = f"{case.method}-{case.surrogate}-{case.learnt}".replace(" ", "_")
        self.asked = {
            "method": case.method, "outputs": case.outputs, "baseline": case.baseline, "classes": CLASSES,
            "surrogate": case.surrogate, "saved": str(folder / f"{name}.npy"),
            **{part: str(folder / f"{name}.{part}.npz") for part in ("data", "start", "vector")},
        }  # fmt: skip
        shared = self._shared()
        np.savez(self.asked["data"], **padded(shared, self._texts), **self._outputs(), **self._split())  # type: ignore[arg-type]
        head = {
            name.removeprefix("module."): value.numpy() for name, value in shared.tunable.head_start(CLASSES, 0).items()
        }
        prefix = {"prefix": np.stack([*self._pinned.values()])} if self._pinned else {}
        np.savez(self.asked["start"], **{name.removeprefix("module."): value for name, value in head.items()}, **prefix)

    def ours(self) -> Array:
        """The vector that our code makes, in the order of theirs."""
        shared = self._shared()
        (result,) = shared.full_vectors([self._entity])
        assert result.vector is not None, result.reason
        if self.case.method == "prefix":
            return result.vector
        parts, begin = {}, 0
        for name in sorted(shared.start):
            if "pooler" not in name:
                parts[name.removeprefix("module.")] = result.vector[begin : begin + shared.start[name].numel()]
                begin += shared.start[name].numel()
        return np.concatenate([parts[name] for name in np.load(self.asked["vector"])["names"]])

    def theirs(self) -> Array:
        """The vector that the released code made."""
        vector: Array = np.load(self.asked["vector"])["vector"]
        return vector

    def start_vector(self) -> Array:
        """The vector of the start, of a prefix."""
        return self._method.flatten(self._pinned)

    def _shared(self) -> SharedTuned:
        return self._method.share(self._inputs, self._pinned)

    @cached_property
    def _entity(self) -> EntityOutputs:
        names = [f"c{index}" for index in range(CLASSES)]
        psi = np.eye(CLASSES, 16, dtype=np.float32)
        if self.case.outputs == "probabilities":
            return EntityOutputs(from_probabilities(self._probabilities, names), psi)
        labels = [names[index] for index in self._probabilities.argmax(axis=1)]
        return EntityOutputs(from_labels(labels, names), psi, self.case.outputs == "labels of a dataset")

    @cached_property
    def _probabilities(self) -> Array:
        """Classes follow from the words, so that there is something to learn."""
        lengths = np.array([len(text.split()) for text, _ in self._texts])
        logits = np.stack([lengths < 4, (lengths >= 4) & (lengths < 7), lengths >= 7], axis=1) * 2.0
        logits = logits + np.random.default_rng(0).normal(size=logits.shape)
        return np.asarray(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), np.float32)

    def _outputs(self) -> dict[str, npt.NDArray[Any]]:
        return {"probabilities": self._entity.outputs.weights, "labels": self._probabilities.argmax(axis=1)}

    def _split(self) -> dict[str, npt.NDArray[np.int64]]:
        """The texts that are learnt, and those that are held out where training stops early."""
        order = np.random.default_rng(0).permutation(N)
        stops = self.case.outputs == "labels of a dataset" and not self.case.baseline
        return {"learnt": np.sort(order[HELD:]) if stops else np.arange(N), "held": np.sort(order[:HELD])}


def as_compared(case: Case) -> TunedMethod:
    """The method in the preset `fute`, without dropout, and with the schedule of the papers' baselines where asked."""
    method = METHODS[case.method](Options(tuning=Tuning(preset="fute", max_dim=10**9)))
    assert isinstance(method, TunedMethod)
    subjects, datasets = (
        replace(each["fute"], released=NO_DROPOUT) for each in (method.presets.subjects, method.presets.datasets)
    )
    if case.baseline:
        datasets = replace(datasets, epochs={"prefix": 60, "fisher": 3}[case.method], patience=0)
    presets = Presets({"fute": subjects}, {"fute": datasets})
    kind: type[TunedMethod] = type("Compared", (type(method),), {"presets": presets})
    return kind(method.tuning)


def padded(shared: SharedTuned, given: Sequence[tuple[str, str | None]]) -> dict[str, npt.NDArray[Any]]:
    """The texts' tokens, all as long as the longest."""
    encoder = shared.tunable.encoder
    tokens = {name: value.numpy() for name, value in encoder.padded(encoder.tokenise(given)).items()}
    return {"token_type_ids": np.zeros_like(tokens["input_ids"]), **tokens}


def _nothing_encoded() -> Array:
    raise AssertionError("methods that train read the texts themselves")

"""How long and how fast a method trains: the presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

Preset = Literal["fast", "balanced", "fute"]
Reading = Literal["label_text", "class_head", "text_to_text", "sequence_classifier"]
VectorOf = Literal["change", "parameters"]
Squares = Literal["per_text", "of_mean"]


@dataclass(frozen=True)
class ReleasedTraining:
    """What FUTE's released code does besides (xnyuwg/fute on GitHub, commit 5f45453): texts are learnt in the order in
    which they come, dropout of the surrogate is on while it trains, and where training stops early, it does so by the
    share of held-out texts that are answered right.

    Attributes:
        decay: AdamW's weight decay, but of biases.
        clip: the norm that a gradient has at most.
        warmup: the share of the steps in which the rate rises; it falls to zero in the others.
        dropout: the share of a prefix that is dropped for each text.
    """

    decay: float = 0.01
    clip: float = 1.0
    warmup: float = 0.05
    dropout: float = 0.15


@dataclass(frozen=True)
class Schedule:
    """A training.

    Attributes:
        rate: AdamW's learning rate.
        epochs: how often every text is learnt; at most so often where it stops early.
        patience: epochs without a lower loss on a fifth of the texts, which are held out, after which it stops; 0: all
            texts are learnt, to the end.
        generated: epochs for subjects whose outputs are free text.
        batch: texts per step.
        texts: at most so many texts are learnt, chosen by the seed; None: all.
        released: train as FUTE's released code does; None: as we do.
    """

    rate: float
    epochs: int
    patience: int = 0
    generated: int | None = None
    batch: int = 128
    texts: int | None = None
    released: ReleasedTraining | None = None

    @property
    def settings(self) -> dict[str, int | float]:
        """What changes a vector, by name; what is None is left out."""
        named = {name: value for name, value in asdict(self).items() if name != "released" and value is not None}
        return named | (asdict(self.released) if self.released else {})


@dataclass(frozen=True)
class Presets:
    """How a method trains on subjects' answers and on datasets' labels, by preset."""

    subjects: Mapping[Preset, Schedule]
    datasets: Mapping[Preset, Schedule]


FUTE_SUBJECTS = Schedule(1e-3, epochs=1, generated=3)
FUTE_DATASETS = Schedule(1e-2, epochs=120, patience=4, batch=32)
"""FUTE's settings as its released code has them; docs/methods.md holds them beside the paper's."""


def tupate(rate: float) -> Presets:
    """Return the presets of methods whose vector is a change. Subjects and datasets train alike but in the preset
    `fute`, as vectors are as long as the training, and what trained otherwise is harder to compare. Batches of `fast`
    are small: steps tell subjects apart, and so it makes as many of them as texts allow."""
    fast = Schedule(rate, epochs=1, generated=1, batch=8, texts=256)
    balanced = Schedule(rate, epochs=3, generated=3, batch=32)
    return Presets(
        {"fast": fast, "balanced": balanced, "fute": FUTE_SUBJECTS},
        {"fast": fast, "balanced": balanced, "fute": FUTE_DATASETS},
    )


def as_released(presets: Presets) -> Presets:
    """Let the preset `fute` of a method that FUTE has train as its released code does."""
    subjects, datasets = (
        {**each, "fute": replace(each["fute"], released=ReleasedTraining())}
        for each in (presets.subjects, presets.datasets)
    )
    return Presets(subjects, datasets)


VIRTUAL = tupate(1e-2)
"""Of prefix and prompt, whose virtual tokens start as random ones: FUTE's rate for datasets."""
PREFIX = as_released(VIRTUAL)
ADDED = tupate(1e-3)
"""Of methods that change or add to weights that work already: the order of size of BitFit's and LoRA's papers."""
WHOLE = tupate(2e-5)
"""Of what changes all weights: the rate of fine-tuning."""
_FISHER: dict[Preset, Schedule] = {
    "fast": Schedule(2e-5, epochs=1, generated=1, batch=32, texts=256),
    "balanced": Schedule(2e-5, epochs=3, generated=3),
}
FISHER = as_released(
    Presets(
        {**_FISHER, "fute": replace(FUTE_SUBJECTS, rate=2e-5)}, {**_FISHER, "fute": replace(FUTE_DATASETS, rate=2e-5)}
    )
)


@dataclass(frozen=True)
class Tuning:
    """What a project chooses for all methods that train.

    Attributes:
        preset: how long and how fast.
        reading: how outputs are read; see `readout`. None, here and below: what follows from preset and method.
        seed: of the initialisation, the order of texts and the projection.
        max_dim: longer vectors are projected.
        projected_dim: to so many numbers.
        fisher_of: the weights of all layers, or the outputs of each layer, as TaskEmb's components.
        fisher_squares: of each text's gradient, or of their mean, as FUTE.
        vector_of: the change of what is tuned, or its values themselves, as FUTE.
    """

    preset: Preset = "fast"
    reading: Reading | None = None
    seed: int = 0
    max_dim: int = 16_384
    projected_dim: int = 4_096
    fisher_of: Literal["weights", "outputs"] = "weights"
    fisher_squares: Squares | None = None
    vector_of: VectorOf | None = None

    @property
    def settings(self) -> dict[str, str | int | float]:
        """What changes the vectors of every method, whatever the method makes of what follows from the preset."""
        return {name: getattr(self, name) for name in ("preset", "seed", "max_dim", "projected_dim")}

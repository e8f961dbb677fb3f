"""How long and how fast a method trains: the presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Preset = Literal["fast", "balanced", "fute"]
Reading = Literal["label_text", "class_head", "text_to_text"]


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
    """

    rate: float
    epochs: int
    patience: int = 0
    generated: int | None = None
    batch: int = 128
    texts: int | None = None


@dataclass(frozen=True)
class Presets:
    """How a method trains on subjects' answers and on datasets' labels, by preset."""

    subjects: Mapping[Preset, Schedule]
    datasets: Mapping[Preset, Schedule]


FUTE_SUBJECTS = Schedule(1e-3, epochs=1, generated=3)
FUTE_DATASETS = Schedule(1e-2, epochs=20, patience=4)
"""FUTE's settings (Wang et al. 2024, arXiv 2402.14522), with batches of 128 texts of at most 128 tokens; that training
stops after 20 epochs at the latest is ours."""


def tupate(rate: float) -> Presets:
    """Return the presets of methods that tune a few parameters. Subjects and datasets train alike but in the preset
    `fute`, as vectors are as long as the training, and what trained otherwise is harder to compare. Batches of `fast`
    are small: steps tell subjects apart, and so it makes as many of them as texts allow."""
    fast = Schedule(rate, epochs=1, generated=1, batch=8, texts=256)
    balanced = Schedule(rate, epochs=3, generated=3, batch=32)
    return Presets(
        {"fast": fast, "balanced": balanced, "fute": FUTE_SUBJECTS},
        {"fast": fast, "balanced": balanced, "fute": FUTE_DATASETS},
    )


VIRTUAL = tupate(1e-2)
"""Of prefix and prompt, whose virtual tokens start as random ones: FUTE's rate for datasets."""
ADDED = tupate(1e-3)
"""Of methods that change or add to weights that work already: the order of size of BitFit's and LoRA's papers."""
_FISHER: dict[Preset, Schedule] = {
    "fast": Schedule(2e-5, epochs=1, generated=1, batch=32, texts=256),
    "balanced": Schedule(2e-5, epochs=3, generated=3),
    "fute": Schedule(2e-5, epochs=3, generated=3),
}
FISHER = Presets(_FISHER, _FISHER)


@dataclass(frozen=True)
class Tuning:
    """What a project chooses for all methods that train.

    Attributes:
        preset: how long and how fast.
        reading: how outputs are read; see `readout`.
        seed: of the initialisation, the order of texts and the projection.
        max_dim: longer vectors are projected.
        projected_dim: to so many numbers.
        fisher_of: the weights of all layers, or the outputs of each layer, as TaskEmb's components.
        fisher_squares: of each text's gradient, or of their mean, as FUTE.
    """

    preset: Preset = "fast"
    reading: Reading = "label_text"
    seed: int = 0
    max_dim: int = 16_384
    projected_dim: int = 4_096
    fisher_of: Literal["weights", "outputs"] = "weights"
    fisher_squares: Literal["per_text", "of_mean"] = "per_text"

    @property
    def settings(self) -> dict[str, str | int | float]:
        """What changes the vectors of every method."""
        return {name: value for name, value in asdict(self).items() if not name.startswith("fisher")}

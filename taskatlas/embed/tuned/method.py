"""What the methods that tune the surrogate have in common; a method adds what is tuned and how it becomes a vector.

FUTE (Wang et al. 2024, arXiv 2402.14522): tune one surrogate on (texts, outputs) of a dataset or of a black-box model,
and take what was tuned. The vector is the change from an initialisation that is fixed and kept with the space, so two
vectors differ by what was learnt and not by where they began.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from taskatlas import progress
from taskatlas.embed.basis import Array
from taskatlas.embed.method import Asked, Inputs, Made, Setting
from taskatlas.embed.tuned.projection import shortened
from taskatlas.embed.tuned.schedule import ADDED, Presets, Schedule, Tuning
from taskatlas.errors import InputError

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.batches import Texts
    from taskatlas.embed.tuned.trainer import Lesson, Trained
    from taskatlas.embed.tuned.tunable import Tunable

Arrays = Mapping[str, Array]
SLOWER = 0.1
"""A training whose loss is no number is tried once more at so much of the rate."""


@dataclass(frozen=True)
class TunedMethod(ABC):
    """A method that tunes the surrogate."""

    tuning: Tuning = field(default_factory=Tuning)
    name: ClassVar[str]
    presets: ClassVar[Presets] = ADDED
    reads_outputs: ClassVar[bool] = True

    @property
    def settings(self) -> dict[str, Setting]:
        """What the project chooses, and the trainings that follow from the preset."""
        trainings = {"subjects": self.presets.subjects, "datasets": self.presets.datasets}
        chosen = {
            f"{of}.{name}": value
            for of, by_preset in trainings.items()
            for name, value in asdict(by_preset[self.tuning.preset]).items()
            if value is not None
        }
        return {**self.tuning.settings, **chosen, **self.own_settings}

    @property
    def own_settings(self) -> dict[str, Setting]:
        """What else changes a vector."""
        return {}

    @abstractmethod
    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:
        """Put into the surrogate what is tuned, if it is not there; the first values by parameter name.

        Raises:
            InputError: this surrogate cannot be tuned so.
        """

    def flatten(self, change: Arrays) -> Array:
        """One entity's vector from the change of each tuned parameter by name, float32 [dim]."""
        return np.concatenate([change[name].ravel() for name in sorted(change)])

    def vectors(self, lesson: Lesson, trained: Trained) -> Iterator[Array]:
        """The vector of each entity of a lesson, before it is shortened."""
        for place in range(len(lesson.answers)):
            yield self.flatten(
                {name: (found[place] - lesson.start[name]).cpu().numpy() for name, found in trained.tuned.items()}
            )

    def pin(self, inputs: Inputs) -> dict[str, Array]:
        """The initialisation of a new space, by parameter name."""
        start = self.adapt(self._tunable(inputs), self.tuning.seed)
        return {name: value.cpu().numpy() for name, value in self.pinned(start).items()}

    def pinned(self, start: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """What of the initialisation is kept with the space: all of it, unless it is the surrogate's own."""
        return start

    def share(self, inputs: Inputs, pinned: Arrays) -> SharedTuned:
        """The surrogate with these texts in it, from the pinned initialisation."""
        import torch

        from taskatlas.embed.tuned.batches import Texts

        tunable = self._tunable(inputs)
        start = self.adapt(tunable, self.tuning.seed)
        fits = {name: value.shape for name, value in self.pinned(start).items()}
        if fits != {name: value.shape for name, value in pinned.items()}:
            raise InputError(f"the pinned initialisation of {self.name} does not fit the surrogate")
        start |= {name: torch.from_numpy(value.copy()).to(tunable.device) for name, value in pinned.items()}
        return SharedTuned(self, tunable, start, Texts(tunable.encoder, inputs.texts))

    def with_seed(self, seed: int) -> TunedMethod:
        """The same method with another order of texts, for measuring how far seeds scatter; `pin`s stay."""
        return replace(self, tuning=replace(self.tuning, seed=seed))

    def _tunable(self, inputs: Inputs) -> Tunable:
        from taskatlas.embed.tuned.tunable import Tunable

        tunable = Tunable(inputs.load(), inputs.surrogate)
        if self.tuning.reading == "text_to_text":
            tunable.add_writer(self.name)
        return tunable


@dataclass(frozen=True)
class SharedTuned:
    """The work that entities with the same texts share."""

    method: TunedMethod
    tunable: Tunable
    start: dict[str, torch.Tensor]
    texts: Texts

    def embed_many(self, asked: Sequence[Asked]) -> Iterator[Made]:
        """The vectors of entities, in order; see `method.Shared`."""
        for made in self.full(asked):
            yield made if made.vector is None else replace(made, vector=shortened(made.vector, self.method.tuning))

    def full(self, asked: Sequence[Asked]) -> Iterator[Made]:
        """The vectors of entities in full length, in order."""
        from taskatlas.embed.tuned.memory import at_once, groups

        alike: dict[tuple[Schedule, bool], list[int]] = {}
        for place, one in enumerate(asked):
            schedule = self._schedule(one)
            self._announce(schedule)
            alike.setdefault((schedule, one.outputs.numeric), []).append(place)
        found: dict[int, Made] = {}
        due = 0
        for (schedule, _), places in alike.items():
            size = at_once(self.tunable, sum(value.numel() for value in self.start.values()))
            trained = groups(partial(self._together, schedule=schedule), [asked[p] for p in places], self.tunable, size)
            for place, made in zip(places, trained, strict=True):
                found[place] = made
                while due in found:
                    yield found.pop(due)
                    due += 1

    def _schedule(self, asked: Asked) -> Schedule:
        presets = self.method.presets.datasets if asked.is_dataset else self.method.presets.subjects
        schedule = presets[self.method.tuning.preset]
        if asked.outputs.free and schedule.generated:
            return replace(schedule, epochs=schedule.generated)
        return schedule

    def _announce(self, schedule: Schedule) -> None:
        from taskatlas.embed.tuned.trainer import steps_of

        progress.expect("train", steps_of(len(self.texts), schedule), "steps")

    def _together(self, asked: Sequence[Asked], schedule: Schedule) -> list[Made]:
        """Train entities in one program; those whose loss was no number once more, slower."""
        began = time.perf_counter()
        vectors = self._trained(asked, schedule)
        broken = [place for place, vector in enumerate(vectors) if vector is None]
        if broken:
            slower = replace(schedule, rate=SLOWER * schedule.rate)
            again = self._trained([asked[place] for place in broken], slower)
            vectors = [again.pop(0) if place in broken else vector for place, vector in enumerate(vectors)]
        seconds = (time.perf_counter() - began) / len(asked)
        reason = f"{self.method.name} finds no finite loss, at a tenth of the learning rate neither"
        seeds = (self.method.tuning.seed,)
        return [Made(vector, seconds, "" if vector is not None else reason, seeds) for vector in vectors]

    def _trained(self, asked: Sequence[Asked], schedule: Schedule) -> list[Array | None]:
        from taskatlas.embed.tuned import readout, trainer

        pairs = [(one.outputs, one.vectors) for one in asked]
        answers = readout.stack(pairs, self.tunable.device, self.tunable.tokenise)
        tuning = self.method.tuning
        lesson = trainer.Lesson(self.tunable, self.start, self.texts, answers, tuning.reading, schedule, tuning.seed)
        try:
            trained = trainer.train(lesson)
            vectors = list(self.method.vectors(lesson, trained))
        except RuntimeError as error:
            if "vmap" not in str(error):
                raise
            raise self.tunable.refused(self.method.name, "its code cannot run for many at once") from error
        return [
            vector if finite and np.isfinite(vector).all() else None
            for vector, finite in zip(vectors, trained.finite.tolist(), strict=True)
        ]

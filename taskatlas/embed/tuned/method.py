"""What the methods that tune the surrogate have in common; a method adds what is tuned and how it becomes a vector.

FUTE (Wang et al. 2024, arXiv 2402.14522): tune one surrogate on (texts, outputs) of a dataset or of a black-box model,
and take what was tuned. The vector is the change from an initialisation that is fixed and kept with the space, so two
vectors differ by what was learnt and not by where they began.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from taskatlas import progress
from taskatlas.embed.basis import Array
from taskatlas.embed.method import EntityOutputs, Inputs, Setting, VectorResult
from taskatlas.embed.tuned.projection import project_vector
from taskatlas.embed.tuned.schedule import ADDED, Presets, Reading, Schedule, Tuning, VectorOf
from taskatlas.errors import InputError

if TYPE_CHECKING:
    import torch

    from taskatlas.embed.tuned.batches import TokenisedTexts
    from taskatlas.embed.tuned.trainer import TrainingJob, TrainingResult
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
    in_fute: ClassVar[bool] = False
    """Whether FUTE has this method, so that the preset `fute` means all that its code does."""
    reads_outputs: ClassVar[bool] = True
    forecasts: ClassVar[bool] = False

    @property
    def settings(self) -> dict[str, Setting]:
        """What the project chooses, and the trainings that follow from the preset."""
        trainings = {"subjects": self.presets.subjects, "datasets": self.presets.datasets}
        by_schedule: dict[str, Setting] = {
            f"{of}.{name}": value
            for of, by_preset in trainings.items()
            for name, value in by_preset[self.tuning.preset].settings.items()
        }
        vector_of: dict[str, Setting] = {} if self.vector_of == "change" else {"vector_of": self.vector_of}
        return {**self.tuning.settings, "reading": self.reading, **by_schedule, **vector_of, **self.own_settings}

    @property
    def released(self) -> bool:
        """Whether all is done as FUTE's released code does it, but for what the project chooses."""
        return self.in_fute and self.tuning.preset == "fute"

    @property
    def reading(self) -> Reading:
        """How outputs are read."""
        return self.tuning.reading or ("sequence_classifier" if self.released else "label_text")

    @property
    def vector_of(self) -> VectorOf:
        """What a vector is of."""
        return self.tuning.vector_of or ("parameters" if self.released else "change")

    @property
    def own_settings(self) -> dict[str, Setting]:
        """What else changes a vector."""
        return {}

    @abstractmethod
    def adapt(self, tunable: Tunable, seed: int) -> dict[str, torch.Tensor]:
        """Put into the surrogate what is tuned, if it is not there; return the first values by parameter name.

        Raises:
            InputError: this surrogate cannot be tuned so.
        """

    def flatten(self, change: Arrays) -> Array:
        """Return one entity's vector from the change of each tuned parameter by name, float32 [dim]."""
        return np.concatenate([change[name].ravel() for name in sorted(change)])

    def vectors(self, job: TrainingJob, trained: TrainingResult) -> Iterator[Array]:
        """Yield the vector of each entity of a job, float32 [dim], before it is projected."""
        for index in range(len(job.outputs)):
            tuned = {name: values[index] for name, values in trained.tuned.items()}
            if self.vector_of == "change":
                tuned = {name: value - job.start[name] for name, value in tuned.items()}
            yield self.flatten({name: value.cpu().numpy() for name, value in tuned.items()})

    def pin(self, inputs: Inputs) -> dict[str, Array]:
        """Return the initialisation of a new space, by parameter name."""
        start = self.adapt(self._tunable(inputs), self.tuning.seed)
        return {name: value.cpu().numpy() for name, value in self.pinned(start).items()}

    def pinned(self, start: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """Return what of the initialisation is kept with the space: all of it, unless it is the surrogate's own."""
        return start

    def share(self, inputs: Inputs, pinned: Arrays) -> SharedTuned:
        """Load the surrogate with the pinned initialisation, and tokenise these texts."""
        import torch

        from taskatlas.embed.tuned.batches import TokenisedTexts

        tunable = self._tunable(inputs)
        start = self.adapt(tunable, self.tuning.seed)
        fits = {name: value.shape for name, value in self.pinned(start).items()}
        if fits != {name: value.shape for name, value in pinned.items()}:
            raise InputError(f"the pinned initialisation of {self.name} does not fit the surrogate")
        start |= {name: torch.from_numpy(value.copy()).to(tunable.device) for name, value in pinned.items()}
        return SharedTuned(self, tunable, start, TokenisedTexts(tunable.encoder, inputs.texts))

    def with_seed(self, seed: int) -> TunedMethod:
        """Return the same method with another order of texts, for measuring how far seeds scatter; `pin`s stay."""
        return replace(self, tuning=replace(self.tuning, seed=seed))

    def _tunable(self, inputs: Inputs) -> Tunable:
        from taskatlas.embed.tuned.tunable import Tunable

        tunable = Tunable(inputs.load(), inputs.surrogate)
        if self.reading == "text_to_text":
            tunable.add_writer(self.name)
        if self.reading == "sequence_classifier":
            tunable.add_classifier(self.name)
        return tunable


@dataclass(frozen=True)
class SharedTuned:
    """The work that entities with the same texts share."""

    method: TunedMethod
    tunable: Tunable
    start: dict[str, torch.Tensor]
    texts: TokenisedTexts

    def embed_many(self, entities: Sequence[EntityOutputs]) -> Iterator[VectorResult]:
        """Yield the vectors of entities, in order; see `method.Shared`."""
        for result in self.full_vectors(entities):
            yield (
                result
                if result.vector is None
                else replace(result, vector=project_vector(result.vector, self.method.tuning))
            )

    def full_vectors(self, entities: Sequence[EntityOutputs]) -> Iterator[VectorResult]:
        """Yield the vectors of entities before projection, in order."""
        from taskatlas.embed.tuned.memory import group_size, run_in_groups

        alike: dict[tuple[Schedule, bool], list[int]] = {}
        for index, entity in enumerate(entities):
            schedule = self._schedule(entity)
            self._announce(schedule)
            alike.setdefault((schedule, entity.outputs.numeric), []).append(index)
        finished: dict[int, VectorResult] = {}
        next_index = 0
        for (schedule, _), indices in alike.items():
            size = group_size(self.tunable, sum(value.numel() for value in self.start.values()))
            trained = run_in_groups(
                partial(self._train_group, schedule=schedule), [entities[p] for p in indices], self.tunable, size
            )
            for index, result in zip(indices, trained, strict=True):
                finished[index] = result
                while next_index in finished:
                    yield finished.pop(next_index)
                    next_index += 1

    def _schedule(self, entity: EntityOutputs) -> Schedule:
        presets = self.method.presets.datasets if entity.is_dataset else self.method.presets.subjects
        schedule = presets[self.method.tuning.preset]
        answers_as_text = entity.outputs.free or (schedule.released is not None and not entity.outputs.soft)
        if answers_as_text and schedule.generated:
            return replace(schedule, epochs=schedule.generated)
        return schedule

    def _announce(self, schedule: Schedule) -> None:
        from taskatlas.embed.tuned.trainer import steps_of

        progress.expect("train", steps_of(len(self.texts), schedule), "steps")

    def _train_group(self, entities: Sequence[EntityOutputs], schedule: Schedule) -> list[VectorResult]:
        """Train entities in one program; those whose loss is no number once more, at a lower rate."""
        began = time.perf_counter()
        vectors = self._train(entities, schedule)
        broken = [index for index, vector in enumerate(vectors) if vector is None]
        if broken:
            slower = replace(schedule, rate=SLOWER * schedule.rate)
            again = self._train([entities[index] for index in broken], slower)
            vectors = [again.pop(0) if index in broken else vector for index, vector in enumerate(vectors)]
        seconds = (time.perf_counter() - began) / len(entities)
        reason = f"{self.method.name} finds no finite loss, at a tenth of the learning rate neither"
        seeds = (self.method.tuning.seed,)
        return [VectorResult(vector, seconds, "" if vector is not None else reason, seeds) for vector in vectors]

    def _train(self, entities: Sequence[EntityOutputs], schedule: Schedule) -> list[Array | None]:
        from taskatlas.embed.tuned import readout, trainer

        pairs = [(entity.outputs, entity.vectors) for entity in entities]
        outputs = readout.stack_outputs(pairs, self.tunable.device, self.tunable.tokenise)
        seed = self.method.tuning.seed
        job = trainer.TrainingJob(self.tunable, self.start, self.texts, outputs, self.method.reading, schedule, seed)
        try:
            trained = trainer.train(job)
            vectors = list(self.method.vectors(job, trained))
        except RuntimeError as error:
            if "vmap" not in str(error):
                raise
            raise self.tunable.unsupported(self.method.name, "its code cannot run for many at once") from error
        return [
            vector if finite and np.isfinite(vector).all() else None
            for vector, finite in zip(vectors, trained.finite.tolist(), strict=True)
        ]

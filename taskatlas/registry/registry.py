"""The registry as a record: all cards of one project by name, and the subjects that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from taskatlas.predict.needs import Needs, needs_of
from taskatlas.schemas.cards import CorpusCard, DatasetCard, DescribedCard, KnownScoresCard, KnownTransfersCard
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import ProbeModel
from taskatlas.schemas.project import ProjectCard
from taskatlas.schemas.prompts import PromptCard


@dataclass(frozen=True)
class Subject:
    """One (model, prompt): what answers texts and gets a vector."""

    model: ModelCard
    prompt: PromptCard | None

    @property
    def name(self) -> str:
        """Return `model/prompt`, or the model's name alone."""
        return f"{self.model.name}/{self.prompt.name}" if self.prompt else self.model.name

    @property
    def mapping(self) -> Mapping[str, Mapping[str, str]]:
        """Return, per dataset, output label → the dataset's label."""
        return self.prompt.mapping if self.prompt else self.model.mapping


@dataclass(frozen=True)
class Registry:
    """All cards of a project by name. Every name on a card is known here."""

    folder: Path
    project: ProjectCard
    surrogates: Mapping[str, SurrogateCard]
    models: Mapping[str, ModelCard]
    prompts: Mapping[str, PromptCard]
    datasets: Mapping[str, DatasetCard]
    described: Mapping[str, DescribedCard]
    corpora: Mapping[str, CorpusCard]
    known_scores: Mapping[str, KnownScoresCard]
    known_transfers: Mapping[str, KnownTransfersCard]
    files: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Folder and name of a card → its file, relative to the project."""

    @property
    def corpus(self) -> CorpusCard:
        """Return the corpus that every subject answers."""
        return self.corpora[self.project.corpus]

    @property
    def surrogate(self) -> SurrogateCard:
        """Return the frozen base model in which everything is embedded."""
        return self.surrogates[self.project.surrogate]

    def file(self, folder: str, name: str) -> str:
        """Return the file of a card, relative to the project."""
        return self.files.get((folder, name), f"{folder}/{name}")

    def subjects(self, model: str | None = None) -> list[Subject]:
        """Return every (model, prompt) of the project, or of one model, sorted by name."""
        cards = self.models.values() if model is None else [self.models[model]]
        return sorted((subject for card in cards for subject in self._of(card)), key=lambda subject: subject.name)

    def _of(self, card: ModelCard) -> Iterator[Subject]:
        if not card.takes_prompts:
            yield Subject(card, None)
            return
        for prompt in self.prompts.values():
            if card.name in prompt.models if prompt.models else card.refusal(prompt) is None:
                yield Subject(card, prompt)

    def families(self, subject: Subject) -> tuple[str, ...]:
        """Return the families that a subject is meant for: that of the dataset that a run fits it on, unless its card
        says."""
        holder = subject.prompt or subject.model
        if subject.model.fit and not (holder.families or holder.datasets):
            return (self.datasets[subject.model.fit.dataset].family,)
        return holder.families

    def targets(self, subject: Subject) -> list[DatasetCard]:
        """Return the datasets whose test splits a subject answers in every run: those that it is meant for, but for
        ones that are not measured."""
        return [card for card in self.meant(subject) if card.measure]

    def meant(self, subject: Subject) -> list[DatasetCard]:
        """Return the datasets that a subject is meant for."""
        holder = subject.prompt or subject.model
        families = self.families(subject)
        return [card for name, card in self.datasets.items() if card.family in families or name in holder.datasets]

    def needs(self, subject: Subject) -> Needs:
        """Return what a subject needs of a text: what its prompt shows, or without a prompt a second text where all
        datasets that it is meant for have one. What is looked up by the text is asked about the text as it is."""
        if subject.prompt:
            return needs_of(subject.prompt)
        meant = [] if subject.model.looks_up else self.meant(subject)
        return Needs(pair=bool(meant) and all(card.columns.text_pair is not None for card in meant))

    def labels(self, subject: Subject) -> tuple[str, ...]:
        """Return the labels that a subject can answer; empty for numbers and free text."""
        if subject.prompt:
            return tuple(subject.prompt.choices)
        if isinstance(subject.model, ProbeModel):
            return self.datasets[subject.model.dataset].class_labels
        labels = getattr(subject.model, "labels", ())
        return () if isinstance(labels, str) else tuple(labels)

    def output_kind(self, subject: Subject) -> str:
        """Return what a subject answers: 'classes', 'number' or 'text'."""
        if subject.model.writes:
            return "text"
        if self.labels(subject):
            return "classes"
        return "text" if getattr(subject.model, "labels", "number") == "text" else "number"

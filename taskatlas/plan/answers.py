"""What the predict stage owes: every subject's answers to the corpus, and to the test splits that it is meant for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from taskatlas.cards.labels import map_labels
from taskatlas.hashing import digest
from taskatlas.plan.demonstrations import demonstrations_content
from taskatlas.plan.items import AnswerSet, TextSet
from taskatlas.plan.project import Project
from taskatlas.predict.identity import model_id, surrogate_content
from taskatlas.predict.needs import Needs
from taskatlas.predict.render import prompt_version
from taskatlas.registry.registry import Subject
from taskatlas.registry.scorable import obstacle
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.modelcard import Fit, ModelCard
from taskatlas.schemas.models import EncoderModel, ProbeModel, RecordedModel

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Identities:
    """The content hashes of models, prompts and subjects, each computed once.

    Args:
        project: the project.
        datasets: the ingested datasets by name.
    """

    def __init__(self, project: Project, datasets: Mapping[str, TextSet]) -> None:
        self._project, self._datasets = project, datasets
        self._examples = {name: text_set.examples for name, text_set in datasets.items()}
        self.model_id = cache(self._model_id)
        self.subject_id = cache(self._subject_id)
        self._prompt_content = cache(self._content_of_prompt)

    def _model_id(self, model: str) -> str:
        """All that a model's answers depend on; of one that a run fits also the examples that it is fitted on."""
        card = self._project.registry.models[model]
        if card.fit is None:
            of_datasets = datasets_counted_by(self._project, card)
            return model_id(card, label_maps={each.name: each.label_map for each in of_datasets if each.label_map})
        encoder, dataset = fit_cards(self._project, card, card.fit)
        train_id = self._datasets[card.fit.dataset].content_id
        return model_id(card, encoder=encoder, dataset=dataset, train_id=train_id)

    def _content_of_prompt(self, prompt: str) -> list[object]:
        """A prompt's version, and what its demonstrations are taken from."""
        card = self._project.registry.prompts[prompt]
        return [prompt_version(card), *demonstrations_content(self._project, card, self._examples)]

    def _subject_id(self, subject: str) -> str:
        """A (model@revision, prompt@version) with what its demonstrations are taken from."""
        of = self._project.subjects[subject]
        content = self._prompt_content(of.prompt.name) if of.prompt else [None]
        return digest("subject", self.model_id(of.model.name), *content)


def fit_cards(project: Project, card: ModelCard, fit: Fit) -> tuple[EncoderModel | None, DatasetCard]:
    """Return the cards of a probe's encoder, and of the dataset that a model is fitted on."""
    dataset = project.registry.datasets[fit.dataset]
    if not isinstance(card, ProbeModel):
        return None, dataset
    encoder = project.registry.models[card.encoder]
    assert isinstance(encoder, EncoderModel), "the registry holds a probe's encoder to be one"
    return encoder, dataset


def datasets_counted_by(project: Project, card: ModelCard) -> list[DatasetCard]:
    """Return the datasets by whose cards recorded outputs name choices: those that the model is meant for, of rows with
    choices."""
    if not isinstance(card, RecordedModel) or not card.columns.choices:
        return []
    return [each for each in project.registry.meant(project.subjects[card.name]) if each.columns.choices]


def answer_sets_of(
    project: Project,
    subject: Subject,
    identities: Identities,
    text_sets: Sequence[TextSet],
    earlier: Mapping[tuple[str, str], Sequence[str]],
) -> list[AnswerSet]:
    """Return the answer sets that a subject owes.

    Args:
        project: the project.
        subject: who answers.
        identities: the project's.
        text_sets: the corpus, then the datasets that it answers by name.
        earlier: kind and name of a text set → the content ids that it had before.
    """
    subject_id = identities.subject_id(subject.name)
    prompt = subject.prompt.name if subject.prompt else None
    owed = []
    needs, whose = project.registry.needs(subject), (subject.name, subject_id, subject.model.name, prompt)
    for text_set in text_sets:
        of = (text_set.kind, text_set.name)
        lacks = may_lack(project.card(*of), needs)
        # answers to halves of texts are others than those to half a question, which such subjects once gave
        split = (["halves"] if needs == Needs(pair=True) else ["split", *needs]) if lacks else []
        contents = [text_set.content_id, *earlier.get(of, ())]
        keys = [GRAPH["predictions"].key(subject.name, subject_id, text_set.kind, each, *split) for each in contents]
        scores = _scores_key(project, subject, text_set, keys[0])
        owed.append(
            AnswerSet(*whose, of, text_set.examples, keys[0], scores, needs if lacks else None, tuple(keys[1:]))
        )
    return owed


def may_lack(card: DatasetCard | CorpusCard, needs: Needs) -> bool:
    """Return whether texts may be among a card's that lack something that is needed.

    A second text or choices that a card names are there, as rows without them are bad; a field need not be.
    """
    sources = [card] if isinstance(card, DatasetCard) else card.sources
    pairless = needs.pair and any(each.columns.text_pair is None for each in sources)
    choiceless = needs.choices and (isinstance(card, CorpusCard) or card.columns.choices is None)
    return bool(pairless or choiceless or needs.fields)


def _scores_key(project: Project, subject: Subject, text_set: TextSet, predictions: str) -> str | None:
    """The key of what answers are worth: the answers, and the dataset's labels; None where they cannot be scored."""
    if text_set.kind == "corpus":
        return None
    card, registry = project.registry.datasets[text_set.name], project.registry
    if not can_score(card, subject, registry.labels(subject), registry.output_kind(subject)):
        return None
    measured = measure_content(project, card) if card.labels == "text" else []
    return GRAPH["scores"].key(predictions, card.name, subject.mapping.get(card.name), card.labels, *measured)


def measure_content(project: Project, card: DatasetCard) -> list[object]:
    """Return all that the measure of a dataset's free answers depends on: its name, and the surrogate where that
    measures them."""
    surrogate = [surrogate_content(project.registry.surrogate)] if card.ranked_by == "similarity" else []
    return [card.ranked_by, *surrogate]


def measures_of_texts(project: Project) -> list[str]:
    """Return a content hash of the measure of each dataset of free answers: where nobody was scored there yet, nothing
    else tells that a card says another one."""
    cards = project.registry.datasets.values()
    return [digest(card.name, *measure_content(project, card)) for card in cards if card.labels == "text"]


def can_score(card: DatasetCard, subject: Subject, labels: tuple[str, ...], kind: str) -> bool:
    """Return whether a subject's outputs can be mapped to a dataset's labels.

    Args:
        card: the dataset.
        subject: who answers.
        labels: the labels that it can answer; empty for numbers and text.
        kind: its output kind.
    """
    return obstacle(card, subject, labels, kind) is None


def label_indices(card: DatasetCard, subject: Subject, labels: tuple[str, ...]) -> NDArray[np.int64] | None:
    """Return which of the dataset's labels each of the subject's labels stands for, as `cards.labels.map_labels`."""
    return map_labels(labels, card.class_labels, subject.mapping.get(card.name))

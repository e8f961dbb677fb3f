"""References: the names on cards lead to other cards."""

from __future__ import annotations

from typing import Any

from taskatlas.cards.files import PROJECT_FILE, within
from taskatlas.cards.labels import map_labels
from taskatlas.errors import CardError, UnknownNameError
from taskatlas.registry.registry import Registry, Subject
from taskatlas.schemas.models import EncoderModel, ProbeModel
from taskatlas.schemas.prompts import PromptCard

Places = dict[tuple[str, str], str]
"""Kind and name of a card → its file."""


def check(registry: Registry, places: Places) -> None:
    """Hold every name on a card to be the name of another card.

    Raises:
        CardError: a prompt has no choices for a model that chooses.
        UnknownNameError: a name leads nowhere; says which card, field and name, and the nearest one.
    """
    project = registry.project
    _known("corpus", project.corpus, registry.corpora, f"{PROJECT_FILE}: corpus")
    _known("surrogate", project.surrogate, registry.surrogates, f"{PROJECT_FILE}: surrogate")
    families = {card.family for card in registry.datasets.values()}
    encoders = [name for name, card in registry.models.items() if isinstance(card, EncoderModel)]
    for model in registry.models.values():
        place = f"model {model.name}"
        with within(places["models", model.name]):
            _targets(model, families, registry, place)
            if isinstance(model, ProbeModel):
                _known("encoder", model.encoder, encoders, f"{place}: encoder")
                _known("dataset", model.dataset, registry.datasets, f"{place}: dataset")
    for prompt in registry.prompts.values():
        place = f"prompt {prompt.name}"
        with within(places["prompts", prompt.name]):
            _targets(prompt, families, registry, place)
            for name in prompt.models:
                _known("model", name, registry.models, f"{place}: models")
                if refusal := registry.models[name].refusal(prompt):
                    raise CardError(refusal, where=place, todo="change the prompt, or name other models")
            _demonstrated(registry, prompt, f"{place}: demonstrations")
    for subject in registry.subjects():
        holder = ("prompts", subject.prompt.name) if subject.prompt else ("models", subject.model.name)
        with within(places[holder]):
            _mapped(registry, subject)


def _targets(card: Any, families: set[str], registry: Registry, place: str) -> None:
    for family in card.families:
        _known("family", family, families, f"{place}: families")
    for name in [*card.datasets, *card.mapping]:
        _known("dataset", name, registry.datasets, f"{place}: datasets")


def _demonstrated(registry: Registry, prompt: PromptCard, place: str) -> None:
    """Every label of the dataset that demonstrations are taken from is one of the prompt's."""
    if prompt.demonstrations is None or prompt.demonstrations.dataset is None:
        return
    name = prompt.demonstrations.dataset
    _known("dataset", name, registry.datasets, f"{place}.dataset")
    card = registry.datasets[name]
    if not prompt.choices:
        return
    if card.labels == "number":
        raise CardError(f"{name} has numbers, and the prompt has choices", where=place, todo="name another dataset")
    if map_labels(tuple(prompt.choices), card.class_labels, prompt.mapping.get(name)) is None:
        what = f"the prompt's labels do not reach those of {name}: {', '.join(card.class_labels)}"
        raise CardError(what, where=place, todo=f"lead the prompt's labels to them in mapping.{name}")


def _mapped(registry: Registry, subject: Subject) -> None:
    """A mapping leads from labels that the subject answers to labels of the dataset; case does not count."""
    answered = {label.casefold() for label in registry.labels(subject)}
    for name, mapping in subject.mapping.items():
        place, card = f"subject {subject.name}: mapping.{name}", registry.datasets[name]
        targets = {label.casefold() for label in card.class_labels}
        for source, target in mapping.items():
            if source.casefold() not in answered:
                raise UnknownNameError("label of the subject", source, registry.labels(subject), where=place)
            if target.casefold() not in targets:
                raise UnknownNameError("label of the dataset", target, card.class_labels, where=place)


def _known(kind: str, name: str, known: Any, where: str) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known, where=where)

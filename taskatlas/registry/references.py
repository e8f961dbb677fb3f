"""References: the names on cards lead to other cards."""

from __future__ import annotations

from typing import Any

from taskatlas.cards.files import PROJECT_FILE, within
from taskatlas.cards.labels import map_labels
from taskatlas.errors import CardError, UnknownNameError
from taskatlas.registry.registry import Registry, Subject
from taskatlas.schemas.models import EncoderModel, ProbeModel
from taskatlas.schemas.prompts import PromptCard

CardFiles = dict[tuple[str, str], str]
"""Kind and name of a card → its file."""


def check(registry: Registry, card_files: CardFiles) -> None:
    """Check that every name on a card is the name of another card.

    Raises:
        CardError: a prompt has no choices for a model that chooses.
        UnknownNameError: a name leads nowhere; says which card, field and name, and the nearest one.
    """
    project = registry.project
    _require_known("corpus", project.corpus, registry.corpora, f"{PROJECT_FILE}: corpus")
    _require_known("surrogate", project.surrogate, registry.surrogates, f"{PROJECT_FILE}: surrogate")
    families = {card.family for card in registry.datasets.values()}
    encoders = [name for name, card in registry.models.items() if isinstance(card, EncoderModel)]
    for model in registry.models.values():
        where = f"model {model.name}"
        with within(card_files["models", model.name]):
            _check_targets(model, families, registry, where)
            if isinstance(model, ProbeModel):
                _require_known("encoder", model.encoder, encoders, f"{where}: encoder")
                _require_known("dataset", model.dataset, registry.datasets, f"{where}: dataset")
    for prompt in registry.prompts.values():
        where = f"prompt {prompt.name}"
        with within(card_files["prompts", prompt.name]):
            _check_targets(prompt, families, registry, where)
            for name in prompt.models:
                _require_known("model", name, registry.models, f"{where}: models")
                if refusal := registry.models[name].refusal(prompt):
                    raise CardError(refusal, where=where, todo="change the prompt, or name other models")
            _check_demonstrations(registry, prompt, f"{where}: demonstrations")
    for subject in registry.subjects():
        holder = ("prompts", subject.prompt.name) if subject.prompt else ("models", subject.model.name)
        with within(card_files[holder]):
            _check_mapping(registry, subject)


def _check_targets(card: Any, families: set[str], registry: Registry, where: str) -> None:
    for family in card.families:
        _require_known("family", family, families, f"{where}: families")
    for name in [*card.datasets, *card.mapping]:
        _require_known("dataset", name, registry.datasets, f"{where}: datasets")


def _check_demonstrations(registry: Registry, prompt: PromptCard, where: str) -> None:
    """Check that every label of the dataset that demonstrations are taken from is one of the prompt's."""
    if prompt.demonstrations is None or prompt.demonstrations.dataset is None:
        return
    name = prompt.demonstrations.dataset
    _require_known("dataset", name, registry.datasets, f"{where}.dataset")
    card = registry.datasets[name]
    if not prompt.choices:
        return
    if card.labels == "number":
        raise CardError(f"{name} has numbers, and the prompt has choices", where=where, todo="name another dataset")
    if map_labels(tuple(prompt.choices), card.class_labels, prompt.mapping.get(name)) is None:
        what = f"the prompt's labels do not reach those of {name}: {', '.join(card.class_labels)}"
        raise CardError(what, where=where, todo=f"lead the prompt's labels to them in mapping.{name}")


def _check_mapping(registry: Registry, subject: Subject) -> None:
    """Check that a mapping leads from labels of the subject to labels of the dataset; case does not count."""
    answered = {label.casefold() for label in registry.labels(subject)}
    for name, mapping in subject.mapping.items():
        where, card = f"subject {subject.name}: mapping.{name}", registry.datasets[name]
        targets = {label.casefold() for label in card.class_labels}
        for source, target in mapping.items():
            if source.casefold() not in answered:
                raise UnknownNameError("label of the subject", source, registry.labels(subject), where=where)
            if target.casefold() not in targets:
                raise UnknownNameError("label of the dataset", target, card.class_labels, where=where)


def _require_known(kind: str, name: str, known: Any, where: str) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known, where=where)

"""References: the names on cards lead to other cards."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.cards.labels import map_labels
from taskatlas.errors import CardError, TaskatlasError, UnknownNameError
from taskatlas.registry.registry import Registry, Subject
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import EncoderModel, MergeModel, ProbeModel
from taskatlas.schemas.prompts import PromptCard

_Faults = Iterator[TaskatlasError]


def faults(registry: Registry, broken: Collection[str] = ()) -> list[TaskatlasError]:
    """Return every name on a card that is not the name of another card, and what else does not fit together: which
    card, field and name, and the nearest one.

    Args:
        registry: the cards that hold.
        broken: names of cards that do not; to name them is no fault.
    """
    return [fault for fault in _all(registry) if not _leads_to(broken, fault)]


def _leads_to(broken: Collection[str], fault: TaskatlasError) -> bool:
    """Return whether a name may be that of a card that does not hold, or of a family that only such a card has."""
    return isinstance(fault, UnknownNameError) and (fault.name in broken or (fault.kind == "family" and bool(broken)))


def _all(registry: Registry) -> _Faults:
    project = registry.project
    yield from _unknown("corpus", project.corpus, registry.corpora, f"{PROJECT_FILE}: corpus")
    yield from _unknown("surrogate", project.surrogate, registry.surrogates, f"{PROJECT_FILE}: surrogate")
    for name in registry.described.keys() & registry.datasets.keys():
        where = f"{registry.file('described', name)}: name"
        what = f"the name {name!r} is taken by {registry.file('datasets', name)}"
        yield CardError(what, where=where, todo="remove the card without data, or rename it")
    for model in registry.models.values():
        yield from _within(registry, ("models", model.name), _of_model(registry, model))
    for prompt in registry.prompts.values():
        yield from _within(registry, ("prompts", prompt.name), _of_prompt(registry, prompt))
    for subject in registry.subjects():
        holder = ("prompts", subject.prompt.name) if subject.prompt else ("models", subject.model.name)
        yield from _within(registry, holder, _of_mapping(registry, subject))


def _within(registry: Registry, card: tuple[str, str], found: _Faults) -> _Faults:
    """Put the file of a card in front of where its faults are."""
    for fault in found:
        fault.where = f"{registry.files.get(card, '/'.join(card))}: {fault.where}"
        yield fault


def _of_model(registry: Registry, model: ModelCard) -> _Faults:
    where = f"model {model.name}"
    yield from _of_targets(model, registry, where)
    if isinstance(model, ProbeModel):
        encoders = [name for name, card in registry.models.items() if isinstance(card, EncoderModel)]
        yield from _unknown("encoder", model.encoder, encoders, f"{where}: encoder")
        yield from _unknown("dataset", model.dataset, registry.datasets, f"{where}: dataset")
        if model.dataset in registry.datasets and registry.datasets[model.dataset].labels == "text":
            what = f"the answers of {model.dataset} are texts, and a probe learns classes or numbers"
            yield CardError(what, where=f"{where}: dataset", todo="name another dataset")
    if isinstance(model, MergeModel) and model.factors:
        yield from _of_factors(registry, model, model.factors.dataset, f"{where}: factors.dataset")


def _of_factors(registry: Registry, model: MergeModel, name: str, where: str) -> _Faults:
    """Yield where factors cannot be found by a dataset, as its labels are not those of the merge."""
    yield from _unknown("dataset", name, registry.datasets, where)
    if name not in registry.datasets:
        return
    card = registry.datasets[name]
    if "number" in (card.labels, model.labels) or card.labels == "text":
        if card.labels != model.labels:
            todo = "name a dataset whose labels are those of the merge"
            yield CardError(f"the labels of {name} are of another kind than the merge's", where=where, todo=todo)
    elif map_labels(tuple(model.labels), card.class_labels, model.mapping.get(name)) is None:
        what = f"the merge's labels do not reach those of {name}: {', '.join(card.class_labels)}"
        yield CardError(what, where=where, todo=f"lead the merge's labels to them in mapping.{name}")


def _of_prompt(registry: Registry, prompt: PromptCard) -> _Faults:
    where = f"prompt {prompt.name}"
    yield from _of_targets(prompt, registry, where)
    for name in prompt.models:
        yield from _unknown("model", name, registry.models, f"{where}: models")
        if name in registry.models and (refusal := registry.models[name].refusal(prompt)):
            yield CardError(refusal, where=where, todo="change the prompt, or name other models")
    yield from _of_demonstrations(registry, prompt, f"{where}: demonstrations")


def _of_targets(card: Any, registry: Registry, where: str) -> _Faults:
    families = {each.family for each in registry.datasets.values()}
    for family in card.families:
        yield from _unknown("family", family, families, f"{where}: families")
    for name in card.datasets:
        yield from _unknown("dataset", name, registry.datasets, f"{where}: datasets")
    for name in card.mapping:
        yield from _unknown("dataset", name, {**registry.datasets, **registry.described}, f"{where}: mapping")


def _of_demonstrations(registry: Registry, prompt: PromptCard, where: str) -> _Faults:
    """Yield where a label of the dataset that demonstrations are taken from is none of the prompt's."""
    if prompt.demonstrations is None or prompt.demonstrations.dataset is None:
        return
    name = prompt.demonstrations.dataset
    yield from _unknown("dataset", name, registry.datasets, f"{where}.dataset")
    if name not in registry.datasets or not prompt.choices:
        return
    card = registry.datasets[name]
    if isinstance(card.labels, str):
        held = "numbers" if card.labels == "number" else "texts"
        yield CardError(f"{name} has {held}, and the prompt has choices", where=where, todo="name another dataset")
    elif map_labels(tuple(prompt.choices), card.class_labels, prompt.mapping.get(name)) is None:
        what = f"the prompt's labels do not reach those of {name}: {', '.join(card.class_labels)}"
        yield CardError(what, where=where, todo=f"lead the prompt's labels to them in mapping.{name}")


def _of_mapping(registry: Registry, subject: Subject) -> _Faults:
    """Yield where a mapping does not lead from labels of the subject to labels of the dataset; case does not count."""
    if isinstance(subject.model, ProbeModel) and subject.model.dataset not in registry.datasets:
        return  # which is told already, and its labels are that dataset's
    answered = {label.casefold() for label in registry.labels(subject)}
    for name, mapping in subject.mapping.items():
        card = registry.datasets.get(name) or registry.described.get(name)
        if card is None:
            continue
        where = f"subject {subject.name}: mapping.{name}"
        targets = {label.casefold() for label in card.class_labels}
        for source, target in mapping.items():
            if source.casefold() not in answered:
                yield UnknownNameError("label of the subject", source, registry.labels(subject), where=where)
            if target.casefold() not in targets:
                yield UnknownNameError("label of the dataset", target, card.class_labels, where=where)


def _unknown(kind: str, name: str, known: Any, where: str) -> _Faults:
    if name not in known:
        yield UnknownNameError(kind, name, known, where=where)

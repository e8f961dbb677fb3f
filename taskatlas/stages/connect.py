"""Whether servers can be asked: their keys are there, and they answer and have the models that cards name."""

from __future__ import annotations

from collections.abc import Iterator

from taskatlas.cards.files import within
from taskatlas.errors import ModelError, TaskatlasError, did_you_mean, raise_all
from taskatlas.plan.project import Project
from taskatlas.predict.remote.failures import AskError
from taskatlas.predict.remote.listing import listed_models
from taskatlas.predict.secrets import resolve, resolvers
from taskatlas.schemas.endpoint import EndpointModel


def keys_not_there(project: Project) -> list[str]:
    """Return a line for every key that a card names and that is not there; those that only a flow can look up are
    passed over."""
    lines = []
    for card, path in _endpoints(project):
        if card.key and card.key.partition(":")[0] in resolvers:
            try:
                with within(path):
                    resolve(card.key, f"model {card.name}")
            except ModelError as error:
                lines.append(str(error))
    return lines


def connected(project: Project) -> list[str]:
    """Ask every server which models it has, and return a line for each that has its card's.

    Raises:
        ModelError: a key is not there, or a server does not answer or has no such model.
        FaultsError: several of these.
    """
    lines, faults = list[str](), list[TaskatlasError]()
    for card, path in _endpoints(project):
        try:
            with within(path):
                lines.append(f"{path}: {_answers(card)}")
        except ModelError as error:
            faults.append(error)
    raise_all(faults)
    return lines


def _answers(card: EndpointModel) -> str:
    where = f"model {card.name}"
    secret = resolve(card.key, where) if card.key else None
    try:
        models = listed_models(card, secret)
    except AskError as error:
        todo = error.todo or "start the server, or mend url on the card"
        raise ModelError(f"the server at {card.url} {error.what}", where=where, todo=todo) from None
    if card.model not in models:
        what = f"the server at {card.url} has no model called {card.model!r}"
        raise ModelError(what, where=where, todo=did_you_mean(card.model, models))
    return f"the server answers, and has the model {card.model}"


def _endpoints(project: Project) -> Iterator[tuple[EndpointModel, str]]:
    for name, card in project.registry.models.items():
        if isinstance(card, EndpointModel):
            yield card, project.registry.files["models", name]

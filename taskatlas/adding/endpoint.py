"""The address of a server → the card of a model behind it, with what the server says of itself."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from taskatlas.adding.guesses import Ask, DraftedField
from taskatlas.cards.names import card_name
from taskatlas.errors import CardError, ModelError, UnknownNameError
from taskatlas.importers.advice import OTHER_NAME, by_options
from taskatlas.importers.report import State
from taskatlas.importers.write import Additions, checked_card
from taskatlas.ingest.read import read_corpus
from taskatlas.predict.remote.failures import AskError
from taskatlas.predict.remote.listing import listed_models
from taskatlas.predict.secrets import resolve
from taskatlas.registry.load import load
from taskatlas.registry.registry import Registry
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.models import MODEL_KINDS

_KIND = next(name for name, card in MODEL_KINDS.items() if card is EndpointModel)
_VERSION = "/v1"
"""How the address of most servers ends."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
"""How variables are called, and keys are not."""
_LISTED = 12
_SHOWN = 100
"""Characters of a model's name in a description."""


@dataclass(frozen=True)
class EndpointOptions:
    """What a person says of a model behind a server; None: the server is asked, or it is guessed.

    Attributes:
        name: of the card.
        model: what the server calls the model.
        key_variable: the environment variable that holds the server's key.
        description: of the card.
        offline: ask the server nothing.
        replace: whether a card of the name gives way.
    """

    name: str | None = None
    model: str | None = None
    key_variable: str | None = None
    description: str | None = None
    offline: bool = False
    replace: bool = False


@dataclass(frozen=True)
class AddedEndpoint:
    """What became of an address.

    Attributes:
        card: the model's card.
        state: 'imported', 'there already' where an equal card was there, or 'replaced' where another one gave way.
        was: what a card that gave way said and this one does not; '' where none did.
        guesses: what the card rests on.
    """

    card: EndpointModel
    state: State
    was: str
    guesses: tuple[DraftedField, ...]


def add_endpoint(folder: Path, url: str, options: EndpointOptions, ask: Ask | None = None) -> AddedEndpoint:
    """Draft the card of a model behind a server and write it.

    What is there stays as it is, unless it is to be replaced.

    Args:
        folder: the project.
        url: the base of the server's addresses; /v1 may be left out.
        options: what a person says.
        ask: asks a person which of several models is meant; None: nobody is there.

    Raises:
        CardError: the project does not hold together, the address is none, or another card has the name.
        InputError: a source of the project's corpus cannot be read.
        ModelError: the server does not say which models it has, has several, or its key is not there.
        UnknownNameError: it has no model of the name.
        StoreError: the project cannot be written.
    """
    registry = load(folder)
    additions = Additions(registry, replace=options.replace)
    key = _key(options)
    card, guesses = _unasked(url, key, options) if options.offline else _asked(url, key, options, ask)
    held = "in the environment variable that --api-key-env names" if key else "none is sent"
    was = additions.replaced_content(card)
    try:
        state = additions.write(card)
    except CardError as error:
        error.todo = error.todo or OTHER_NAME
        raise
    asked = DraftedField("requests", _requests(registry))
    return AddedEndpoint(card, state, was, (*guesses, DraftedField("key", held), asked))


def _requests(registry: Registry) -> str:
    """Return what every prompt will ask the server."""
    local = all(not source.source.startswith("hf:") for source in registry.corpus.sources)
    texts = f"{read_corpus(registry.corpus, registry.folder).num_rows:,}" if local else "all"
    most = registry.project.test_limit
    return f"a run sends {texts} corpus texts for each prompt, and up to {most:,} test texts of each dataset it is for"


def _key(options: EndpointOptions) -> str | None:
    """Return what the card says of the key. What was given may be the key itself, so no error shows it."""
    variable = options.key_variable
    if variable is None:
        return None
    if variable not in os.environ and not (options.offline and _VARIABLE.fullmatch(variable)):
        todo = "set it, and give its name, never the key itself"
        raise ModelError("the environment variable that it names is not set", where="--api-key-env", todo=todo)
    return f"env:{variable}"


def _draft(url: str, key: str | None, options: EndpointOptions, model: str) -> EndpointModel:
    fields: dict[str, Any] = {
        "name": options.name or card_name(model.rpartition("/")[2]),
        "description": options.description or f"{model[:_SHOWN]} behind a server",
        "kind": _KIND,
        "url": url,
        "model": model,
        "revision": datetime.now(UTC).date().isoformat(),
        **({"key": key} if key else {}),
    }
    with by_options():
        return checked_card(EndpointModel, fields)


def _unasked(url: str, key: str | None, options: EndpointOptions) -> tuple[EndpointModel, list[DraftedField]]:
    if not options.model:
        todo = "say it with --model, or leave --offline away"
        raise ModelError("what the server calls the model is not known", where="--offline", todo=todo)
    return _draft(url, key, options, options.model), [
        DraftedField("server", "not asked"),
        DraftedField("model", options.model),
    ]


def _asked(
    url: str, key: str | None, options: EndpointOptions, ask: Ask | None
) -> tuple[EndpointModel, list[DraftedField]]:
    drafted = _draft(url, key, options, options.model or "model")
    secret = resolve(key, "--api-key-env") if key else None
    address, models = _listed(drafted, secret)
    model, why = (options.model, "") if options.model else _only(models, address, ask)
    if model not in models:
        raise UnknownNameError("model", model, models, where=address)
    moved = f", as nothing does at {drafted.url}" if address != drafted.url else ""
    guesses = [DraftedField("server", f"answers at {address}{moved}"), DraftedField("model", model, why, "--model")]
    return _draft(address, key, options, model), guesses


def _only(models: Sequence[str], address: str, ask: Ask | None) -> tuple[str, str]:
    if len(models) == 1:
        return models[0], "the one that it has"
    if ask:
        return ask("Model", models, models[0]), ""
    listed = ", ".join(models[:_LISTED]) + (", ..." if len(models) > _LISTED else "")
    raise ModelError(f"the server has {len(models)} models: {listed}", where=address, todo="name one with --model")


def _listed(card: EndpointModel, secret: SecretStr | None) -> tuple[str, list[str]]:
    """Return where the server says which models it has, and their names."""
    has_path = urlsplit(card.url).path.strip("/")
    fault: AskError | None = None
    for address in (card.url, *(() if has_path else (card.url + _VERSION,))):
        try:
            return address, listed_models(card.model_copy(update={"url": address}), secret)
        except AskError as error:
            fault = fault or error
    assert fault is not None
    todo = "start the server, mend the address, or write the card without asking, with --offline --model NAME"
    key = "" if secret else "; where it wants a key, name the variable that holds it with --api-key-env"
    raise ModelError(f"the server {fault.what}", where=card.url, todo=f"{todo}{key}")

"""Which models a server has, by what it says itself; nothing is answered by any of them."""

from __future__ import annotations

import anyio
from pydantic import SecretStr

from taskatlas.predict.remote.client import Client
from taskatlas.predict.remote.failures import AskError
from taskatlas.schemas.endpoint import EndpointModel

_PATIENCE = 10.0
"""Seconds until a server has said which models it has."""
_LONGEST = 500
"""Characters of a model's name."""


def listed_models(card: EndpointModel, secret: SecretStr | None) -> list[str]:
    """Ask the server of a card which models it has.

    Raises:
        AskError: it does not answer in time, or does not say.
    """
    return anyio.run(_models, card.model_copy(update={"timeout": min(card.timeout, _PATIENCE), "tries": 1}), secret)


async def _models(card: EndpointModel, secret: SecretStr | None) -> list[str]:
    async with Client(card, secret) as client:
        payload = await client.models()
        entries = payload.get("data") if isinstance(payload, dict) else None
        ids = [entry.get("id") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        names = [client.without_key(name) for name in ids if isinstance(name, str) and 0 < len(name) <= _LONGEST]
    if not names:
        raise AskError("does not say which models it has", "")
    return names

"""Keys of servers: a card names where its key is kept, and only the run that needs it looks there.

A layer above can add resolvers, as `taskatlas.tasks.secrets` brings Prefect's Secret blocks.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from pydantic import SecretStr

from taskatlas.errors import ModelError

resolvers: dict[str, Callable[[str], str]] = {"env": os.environ.__getitem__}
"""What stands before the colon → the secret of this name; it raises LookupError or ValueError where there is none."""


def resolve(key: str, where: str) -> SecretStr:
    """Look up the secret that a card names.

    Args:
        key: `env:NAME`, or another source that `resolvers` knows.
        where: what errors name.

    Raises:
        ModelError: there is no resolver for this source here, it holds nothing, or what it holds is no key. The error
            never shows what it holds.

    """
    source, _, name = key.partition(":")
    if source not in resolvers:
        what = f"nothing here knows where {source}:{name} is"
        raise ModelError(what, where=where, todo=f"use one of {', '.join(sorted(resolvers))}, or run the flow")
    try:
        secret = resolvers[source](name).strip()
    except (LookupError, ValueError):
        # what went wrong may quote the secret, so it is not passed on
        raise ModelError(f"its key {key} is not there", where=where, todo="set it where runs start") from None
    # what no header may hold would show the key in the error that refuses it
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ModelError(f"what is under {key} is no key", where=where, todo="set it to the key and nothing else")
    return SecretStr(secret)

"""Keys of servers in Prefect's Secret blocks, which cards name as `secret:NAME`."""

from __future__ import annotations

from typing import Any

from prefect.blocks.system import Secret

from taskatlas.predict.secrets import resolvers


def held_by_block(name: str) -> str:
    """What a Secret block holds.

    Raises:
        ValueError: there is no such block.

    """
    block: Any = Secret.load(name)
    # its own get() would read a key of digits as a number
    return str(block.value.get_secret_value())


resolvers["secret"] = held_by_block

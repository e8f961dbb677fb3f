"""Errors of requests to a server, before they become ModelErrors."""

from __future__ import annotations


class AskError(Exception):
    """A request that asking again does not help.

    Args:
        what: what is wrong, without a full stop.
        todo: what to do about it, as an imperative.

    """

    def __init__(self, what: str, todo: str) -> None:
        self.what, self.todo = what, todo
        super().__init__(what, todo)


class AskAgainError(AskError):
    """A request that may be answered when it is sent again.

    Args:
        what: what is wrong, without a full stop.
        todo: what to do where it stays so.
        after: seconds to wait first, where the server says.

    """

    def __init__(self, what: str, todo: str, after: float | None = None) -> None:
        super().__init__(what, todo)
        self.after = after

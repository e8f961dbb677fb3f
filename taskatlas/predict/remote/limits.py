"""Limits on requests to a server: token buckets for requests and tokens, and pauses that the server asks for."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio

Clock = Callable[[], float]


class Bucket:
    """A token bucket that fills by `per_minute` and holds what a second brings.

    It is reserved from, not waited at: what is taken is gone at once, and whoever takes waits until the debt is paid.
    So those who ask first are served first, and one demand may be larger than the bucket.
    """

    def __init__(self, per_minute: float, now: Clock = time.monotonic) -> None:
        self._per_second, self._now = per_minute / 60, now
        self._most = max(1.0, self._per_second)
        self._held, self._at = self._most, now()

    def take(self, amount: float) -> float:
        """Take an amount; return the seconds to wait until so much is there."""
        now = self._now()
        self._held = min(self._most, self._held + (now - self._at) * self._per_second) - amount
        self._at = now
        return max(0.0, -self._held / self._per_second)


class Limits:
    """What all requests of one model share.

    Args:
        requests_per_minute: None: as many as there are.
        tokens_per_minute: of prompts and answers together; None: as many as there are.
        now: a clock in seconds.

    """

    def __init__(
        self, requests_per_minute: float | None, tokens_per_minute: float | None, now: Clock = time.monotonic
    ) -> None:
        self._now, self._held_until = now, now()
        self._requests = Bucket(requests_per_minute, now) if requests_per_minute else None
        self._tokens = Bucket(tokens_per_minute, now) if tokens_per_minute else None

    async def wait(self, tokens: float) -> None:
        """Wait until one more request, of about so many tokens, may be sent."""
        waits = [bucket.take(amount) for bucket, amount in ((self._requests, 1.0), (self._tokens, tokens)) if bucket]
        await anyio.sleep(max(waits, default=0.0))
        while (left := self._held_until - self._now()) > 0:
            await anyio.sleep(left)

    def hold(self, seconds: float) -> None:
        """Send nothing for so long: a server that is too busy for one request is so for all."""
        self._held_until = max(self._held_until, self._now() + seconds)

    def settle(self, guessed: float, used: float) -> None:
        """Correct the token bucket by what a request used in fact."""
        if self._tokens:
            self._tokens.take(used - guessed)

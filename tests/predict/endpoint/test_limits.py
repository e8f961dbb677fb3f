from __future__ import annotations

import anyio
import pytest

from taskatlas.predict.remote.limits import Bucket, Limits
from taskatlas.predict.remote.questions import estimate_tokens
from tests.support.endpoint import says


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(anyio, "sleep", self._sleep)

    def __call__(self) -> float:
        return self.now

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_bucket_holds_a_second_and_pays_debts_in_order(clock):
    bucket = Bucket(120, clock)
    assert [bucket.take(1) for _ in range(4)] == [0, 0, 0.5, 1.0]
    clock.now += 60
    assert [bucket.take(1) for _ in range(3)] == [0, 0, 0.5]


def test_a_slow_bucket_lets_one_pass_at_once(clock):
    bucket = Bucket(6, clock)
    assert [bucket.take(1) for _ in range(3)] == [0, 10, 20]


def test_more_than_a_bucket_holds_passes_later(clock):
    bucket = Bucket(600, clock)
    assert bucket.take(100) == pytest.approx(9)
    assert bucket.take(-100) == 0


def _spent(limits: Limits, clock: Clock, tokens: list[float]) -> list[float]:
    async def turns() -> list[float]:
        begun, waits = clock.now, []
        for amount in tokens:
            await limits.wait(amount)
            waits.append(round(clock.now - begun, 6))
        return waits

    return anyio.run(turns)


def test_the_slower_of_both_limits_counts(clock):
    assert _spent(Limits(60, None, clock), clock, [5, 5, 5]) == [0, 1, 2]
    assert _spent(Limits(None, 60, clock), clock, [1, 5, 5]) == [0, 5, 10]
    assert _spent(Limits(60, 60, clock), clock, [1, 5, 5]) == [0, 5, 10]
    assert _spent(Limits(None, None, clock), clock, [9, 9]) == [0, 0]


def test_what_was_used_is_put_right(clock):
    limits = Limits(None, 60, clock)
    limits.settle(1, 11)
    assert _spent(limits, clock, [1]) == [10]
    limits.settle(21, 1)
    assert _spent(limits, clock, [1]) == [0]


def test_a_pause_holds_everybody_up(clock):
    limits = Limits(None, None, clock)
    limits.hold(5)
    limits.hold(3)
    assert _spent(limits, clock, [1, 1]) == [5, 5]


def test_tokens_are_guessed_from_what_is_shown_and_asked_for():
    assert estimate_tokens({"prompt": "x" * 38, "max_tokens": 7}) == 17
    assert estimate_tokens({"prompt": "x" * 38, "max_completion_tokens": 8}) == 18
    assert estimate_tokens({"messages": [{"role": "user", "content": "ä" * 100}]}) > 25


def test_a_run_keeps_to_its_rate(ask, server):
    server.usual = says("good", usage=None)
    ask([f"text {number}" for number in range(8)], requests_per_minute=240, at_once=8)
    # four at once, and one each quarter of a second from then on
    assert server.at[-1] - server.at[0] > 0.9

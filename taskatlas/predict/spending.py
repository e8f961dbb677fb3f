"""What answers of a server will take, told before they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from taskatlas.schemas.endpoint import SpendLimit


@dataclass(frozen=True)
class Spending:
    """What questions that are not answered yet will take.

    Attributes:
        requests: how many will be sent, but for those that are sent again.
        prompt_tokens: about, by the letters of the requests.
        completion_tokens: about, by what answers took so far; else as many as the card allows.
        cost: at the card's prices; None where it has none.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    @property
    def tokens(self) -> int:
        """Of requests and answers together."""
        return self.prompt_tokens + self.completion_tokens

    def __str__(self) -> str:
        cost = "" if self.cost is None else f", at a cost of about {self.cost:.4g}"
        return f"{self.requests:,} requests with about {self.tokens:,} tokens{cost}"

    def over(self, limit: SpendLimit) -> str:
        """Return which limit it is over, in words; empty where it is over none.

        >>> Spending(requests=12_000).over(SpendLimit())
        '10,000 requests'
        """
        limits = ((self.requests, limit.requests, "requests"), (self.tokens, limit.tokens, "tokens"))
        over = [f"{most:,} {what}" for spent, most, what in limits if most is not None and spent > most]
        if limit.cost is not None and (self.cost or 0) > limit.cost:
            over.append(f"a cost of {limit.cost:g}")
        return " and ".join(over)

"""The card of a model behind an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, or a hosted one."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    model_validator,
)

from taskatlas.schemas.cards import Line
from taskatlas.schemas.modelcard import ModelCard

OPERATION = frozenset(
    {
        "url", "key", "requests_per_minute", "tokens_per_minute", "at_once", "timeout", "deadline", "tries",
        "prompt_price", "completion_price", "spend_limit",
    }
)  # fmt: skip
"""Fields that say how a model is reached: a moved server, another key, rate or price asks nothing anew."""
_MILLION = 1_000_000
_OURS = frozenset({"model", "messages", "prompt", "n", "best_of", "stream", "stop", "echo", "logprobs", "top_logprobs"})


class _Unseen(str):
    """Text that may turn out to hold a secret, so that no error about it shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(not shown)"


def _unseen(value: Any) -> Any:
    return None if value is None else _Unseen(value)


def _base(url: str) -> str:
    """An address that holds no secret, and to which `/chat/completions` can be added."""
    if "@" in url:
        raise ValueError("holds a user or a password, which belongs into key: env:NAME")
    try:
        parts = urlsplit(url)
        reachable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or half an IPv6 address
        reachable = False
    if not reachable:
        raise ValueError("needs http or https and a host, such as http://127.0.0.1:8000/v1")
    if parts.query or parts.fragment:
        raise ValueError("holds more than a path; a key belongs into key: env:NAME")
    if url.rstrip("/").endswith("/completions"):
        raise ValueError("names one call of the server; end it before /completions or /chat/completions")
    return url.rstrip("/")


def _further(options: dict[str, Any]) -> dict[str, Any]:
    taken = sorted(_OURS & set(options))
    if taken:
        raise ValueError(f"names {', '.join(taken)}, which the run itself says")
    return options


Hidden = BeforeValidator(_unseen)
"""Of fields in which somebody may write a key: an error does not show what is there."""
Url = Annotated[str, StringConstraints(max_length=1_000, strip_whitespace=True), AfterValidator(_base), Hidden]
Key = Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|secret:[a-z0-9-]+)$"), Hidden]
Seconds = Annotated[FiniteFloat, Field(gt=0, le=604_800)]
PerMinute = Annotated[FiniteFloat, Field(gt=0)]
Price = Annotated[FiniteFloat, Field(ge=0)]


class SpendLimit(BaseModel):
    """What one run may ask of a server without being told to; null sets no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests: Annotated[int, Field(ge=0, strict=True)] | None = 10_000
    tokens: Annotated[int, Field(ge=0, strict=True)] | None = None
    """Of prompts and answers together, as they are estimated."""
    cost: Price | None = None
    """At the card's prices."""


class EndpointModel(ModelCard):
    """A model behind an OpenAI-compatible server. Needs prompts; in mode generate they need no choices.

    Nothing here is a secret: `key` only names the place where the run finds one.
    """

    takes_prompts: ClassVar[bool] = True
    shows_demonstrations: ClassVar[bool] = True
    asks_twice: ClassVar[bool] = True
    computes_here: ClassVar[bool] = False
    operation: ClassVar[frozenset[str]] = OPERATION

    kind: Literal["endpoint"]
    url: Url
    """The base of the server's addresses, such as http://127.0.0.1:8000/v1."""
    model: Line
    """What the server calls the model."""
    revision: Line
    """Chosen by the team: what the server runs today. Another one asks everything anew."""
    api: Literal["chat", "completions"] = "chat"
    """chat: through the server's chat template, with the prompt's system text; completions: as it is rendered."""
    mode: Literal["choices", "generate"] = "generate"
    """choices: the likelihood of each answer of the prompt; generate: what it writes, read as a label where it can."""
    delimiter: Annotated[str, StringConstraints(max_length=20)] = " "
    """Between what is shown and the answer, in mode choices with api completions."""
    top_logprobs: int = Field(default=20, ge=2, le=20)
    """How many first tokens the server tells of, in mode choices with api chat."""
    max_tokens: int = Field(default=32, ge=1, le=131_072)
    """Of what is written."""
    stop: tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...] = ()
    """Texts at which writing ends."""
    options: Annotated[dict[str, str | int | FiniteFloat | bool | None], AfterValidator(_further)] = Field(
        default_factory=dict
    )
    """Further fields of every request; null leaves one out, as in {max_tokens: null, max_completion_tokens: 64}."""

    key: Key | None = None
    """Where the key is: `env:NAME`, an environment variable, or `secret:NAME`, a Secret block of Prefect."""
    requests_per_minute: PerMinute | None = None
    tokens_per_minute: PerMinute | None = None
    """Of prompts and answers together."""
    at_once: int = Field(default=8, ge=1, le=512)
    """Requests that are under way at one time."""
    tries: int = Field(default=6, ge=1, le=100)
    """Of one request, where the server is busy, fails or cannot be reached."""
    timeout: Seconds = 120.0
    """Seconds for one request."""
    deadline: Seconds | None = None
    """Seconds of one run, from the model's first request on, for the corpus and all datasets; what is answered by then
    is kept for the next run."""
    prompt_price: Price | None = None
    """Of a million tokens, in any currency; prices only count into what was spent."""
    completion_price: Price | None = None

    spend_limit: SpendLimit = SpendLimit()
    """A run that would spend more asks, or stops with the estimate before it sends anything."""

    @model_validator(mode="after")
    def _a_limit_of_cost_has_prices(self) -> Self:
        if self.spend_limit.cost is not None and self.prompt_price is None and self.completion_price is None:
            raise ValueError("spend_limit names a cost, which needs prompt_price or completion_price")
        return self

    @property
    def writes(self) -> bool:
        """In mode generate."""
        return self.mode == "generate"

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What tokens cost at the card's prices; None where it has none."""
        if self.prompt_price is None and self.completion_price is None:
            return None
        return (prompt_tokens * (self.prompt_price or 0) + completion_tokens * (self.completion_price or 0)) / _MILLION

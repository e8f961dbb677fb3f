"""Requests to a server: sent within its limits, again where that may help, and with a key that nobody sees."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

import anyio
import httpx
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random, wait_random_exponential

from taskatlas.predict.hiding import Hider
from taskatlas.predict.remote.failures import AskAgainError, AskError
from taskatlas.predict.remote.limits import Limits
from taskatlas.predict.remote.questions import PATHS, Body, estimate_tokens
from taskatlas.predict.remote.received import ACCEPTED, Received, receive
from taskatlas.predict.remote.replies import usage_of
from taskatlas.schemas.endpoint import EndpointModel

_log = logging.getLogger(__name__)
# below that they write down the first line and the headers of answers, in which a server may repeat anything
logging.getLogger("httpcore").setLevel(logging.INFO)
logging.getLogger("httpx").setLevel(logging.WARNING)
_GROWING = wait_random_exponential(multiplier=0.5, max=60)
_JITTER = wait_random(0, 0.5)
"""Beyond what the server asks for, so that not all come back in the same moment."""
_PATIENCE = 900.0
"""Seconds; a server that asks for more is not waited for."""
_SHOWN = 200
"""Characters of what a server says."""
_BUSY = frozenset({408, 409, 429})
_ADVICE = {
    401: "mend the key that the card names",
    403: "mend the key that the card names, or ask for access to the model",
    404: "mend url or model on the card",
}


class Reply(NamedTuple):
    """The payload of a reply, and how many requests it took."""

    payload: Any
    requests: int


class _Bearer(httpx.Auth):
    """The key as a header of requests, put there as late as can be."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request."""
        request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        yield request


class Client:
    """One server, as long as the `async with` block lasts."""

    def __init__(self, card: EndpointModel, key: SecretStr | None) -> None:
        self._card, self._hider = card, Hider(key.get_secret_value() if key else None)
        self._limits = Limits(card.requests_per_minute, card.tokens_per_minute)
        # a redirect would carry texts, and perhaps the key, to where the card does not say
        self._http = httpx.AsyncClient(
            auth=_Bearer(key) if key else None,
            headers={"Accept-Encoding": ACCEPTED},
            timeout=card.timeout,
            limits=httpx.Limits(max_connections=card.at_once),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def ask(self, body: Body) -> Reply:
        """Send a request, again where the server is busy, fails or breaks off, with growing waits in between.

        Raises:
            AskError: asking again does not help, or did not.

        """
        sent = 0

        async def once() -> Any:
            nonlocal sent
            sent += 1
            return await self._once(body)

        retrying = AsyncRetrying(
            sleep=anyio.sleep,
            stop=stop_after_attempt(self._card.tries),
            wait=_wait,
            retry=retry_if_exception_type(AskAgainError),
            before_sleep=self._log_retry,
            reraise=True,
        )
        return Reply(await retrying(once), sent)

    async def models(self) -> Any:
        """Ask once which models the server has; nothing is answered by any of them.

        Raises:
            AskError: it does not say.

        """
        received = await self._sent("GET", "/models")
        if not received.response.is_success:
            raise self._failure(received)
        return received.payload()

    def without_key(self, answer: str) -> str:
        """Hide the key in an answer of the server, as some repeat it."""
        return self._hider.hidden(answer, but_words=True)

    def _told(self, text: object) -> str:
        """Return what the server, or the client about it, says, to be shown: without the key, and cut after that."""
        told = self._hider.hidden(str(text))
        return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}..."

    async def _once(self, body: Body) -> Any:
        guessed = estimate_tokens(body)
        await self._limits.wait(guessed)
        received = await self._sent("POST", PATHS[self._card.api], body)
        if not received.response.is_success:
            raise self._failure(received)
        payload = received.payload()
        self._limits.settle(guessed, sum(count or 0 for count in usage_of(payload)))
        return payload

    async def _sent(self, method: str, path: str, body: Body | None = None) -> Received:
        """Send a request and read what comes back."""
        try:
            with anyio.fail_after(self._card.timeout):
                async with self._http.stream(method, self._card.url + path, json=body) as response:
                    return await receive(response)
        # errors of the client are not passed on as causes: what they hold is not ours to show
        except (TimeoutError, httpx.TimeoutException):
            what = f"did not answer within {self._card.timeout:g} s"
            raise AskAgainError(what, "raise timeout on the card, or lower at_once") from None
        except httpx.ConnectError as error:
            raise AskAgainError(f"cannot be reached ({self._told(error)})", "start the server, or mend url") from None
        except httpx.RequestError as error:
            raise AskAgainError(f"broke off ({self._told(error)})", "see why in the server's log") from None
        except httpx.InvalidURL as error:
            raise AskError(f"has no address that works ({self._told(error)})", "mend url on the card") from None

    def _failure(self, received: Received) -> AskError:
        response = received.response
        status = response.status_code
        if response.is_redirect:
            target = self._told(response.headers.get("location", "somewhere else"))
            return AskError(f"sends us on to {target}", "put the server's own address on the card as url")
        what = f"answers {status} ({self._told(received.failure())})"
        unable = "; where it gives no log-probabilities, set mode: generate" * (self._card.mode == "choices")
        if status not in _BUSY and status < 500:
            return AskError(what, _ADVICE.get(status, f"see what it says and mend the card or the texts{unable}"))
        after = _retry_after(response)
        if after is not None and after > _PATIENCE:
            return AskError(f"{what} and asks to wait {after:.6g} s", "wait as long")
        if after:
            self._limits.hold(after)
        slower = "lower at_once, requests_per_minute or tokens_per_minute, or raise tries"
        return AskAgainError(what, slower if status in _BUSY else f"see why in the server's log{unable}", after)

    def _log_retry(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, AskAgainError):
            wait = state.upcoming_sleep
            _log.info("model %s: the server %s; asked again in %.1f s", self._card.name, error.what, wait)


def _wait(state: RetryCallState) -> float:
    """Return the seconds before a request is sent again: what the server asks for and a little more, or a growing
    random time."""
    error = state.outcome.exception() if state.outcome else None
    after = error.after if isinstance(error, AskAgainError) else None
    return _GROWING(state) if after is None else after + _JITTER(state)


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that a server asks to wait, which it says as a number or as a date."""
    header = response.headers.get("retry-after", "")
    try:
        seconds = float(header)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    at = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())

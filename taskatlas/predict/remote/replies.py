"""What a server answered: read, and refused where it is not what was asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from taskatlas.predict.reading import until
from taskatlas.predict.remote.failures import AskError
from taskatlas.predict.remote.questions import Question
from taskatlas.schemas.endpoint import EndpointModel

_NO_OPENAI = "see that the server speaks the OpenAI API at this url"
_GENERATE = "set mode: generate on the card, or ask a server that gives them"


class Usage(NamedTuple):
    """Tokens as the server counted them; None where it did not."""

    prompt: int | None
    completion: int | None


def usage_of(payload: Any) -> Usage:
    """The tokens of an answer."""
    found = payload.get("usage") if isinstance(payload, dict) else None
    if not isinstance(found, dict):
        return Usage(None, None)
    counts = [found.get(f"{name}_tokens") for name in Usage._fields]
    return Usage(*(count if type(count) is int and count >= 0 else None for count in counts))


def answer_of(card: EndpointModel, question: Question, payloads: Sequence[Any]) -> str | tuple[float, ...]:
    """What a server answered to a question, from the payloads of its requests.

    Returns:
        What it wrote; or in mode choices the log-likelihood of each answer, of which only differences count.

    Raises:
        AskError: it did not answer as it was asked.

    """
    if card.writes:
        return until(_written(card, _choice(payloads[0])), card.stop)
    if card.api == "chat":
        return first_tokens(_choice(payloads[0]), question.answers)
    return echoed(payloads)


def _choice(payload: Any) -> dict[str, Any]:
    """The one choice that was asked for."""
    choices = payload.get("choices") if isinstance(payload, dict) else None
    if not isinstance(choices, list):
        raise AskError("its answer has no field choices", _NO_OPENAI)
    if len(choices) != 1 or not isinstance(choices[0], dict):
        raise AskError(f"gave {len(choices)} choices where one was asked for", _NO_OPENAI)
    return choices[0]


def _written(card: EndpointModel, choice: Mapping[str, Any]) -> str:
    """The text of a choice; a refusal, or thinking alone, is an empty text."""
    holder = choice.get("message") if card.api == "chat" else choice
    name = "content" if card.api == "chat" else "text"
    if not isinstance(holder, dict) or not isinstance(holder.get(name, ...), str | None):
        raise AskError(f"its answer has no text in choices[0].{'message.' * (card.api == 'chat')}{name}", _NO_OPENAI)
    # half a pair of surrogates can be said in JSON, and kept nowhere
    return (holder[name] or "").encode("utf-8", "replace").decode("utf-8")


def echoed(payloads: Sequence[Any]) -> tuple[float, ...]:
    """The log-likelihoods of answers, from the echoes of what was shown with each of them.

    Tokens that all echoes begin with say nothing about the answers and are left out, so an answer's likelihood is that
    of its own tokens, wherever the tokenizer lets them begin.

    Raises:
        AskError: an echo is missing, or is not that of everything that was shown.

    """
    told = [_echo(payload) for payload in payloads]
    alike = 0
    while all(len(tokens) > alike for tokens, _ in told) and len({tokens[alike] for tokens, _ in told}) == 1:
        alike += 1
    # the very first token has no likelihood, as nothing stands before it
    return tuple(math.fsum(each for each in likely[alike:] if each is not None) for _, likely in told)


def _echo(payload: Any) -> tuple[list[str], list[float | None]]:
    """The tokens that were shown and their log-probabilities, without what was written after them."""
    found = _choice(payload).get("logprobs")
    if not isinstance(found, dict):
        raise AskError("gives no log-probabilities", _GENERATE)
    tokens, likely = found.get("tokens"), found.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(likely, list) or len(tokens) != len(likely):
        raise AskError("its log-probabilities lack tokens or token_logprobs", _GENERATE)
    shown, written = usage_of(payload)
    over = len(tokens) - (len(tokens) if shown is None else shown)
    if over not in {0, written}:
        what = f"gives log-probabilities of {len(tokens)} tokens where {shown} were shown: it does not echo"
        raise AskError(what, _GENERATE)
    kept = likely[: len(likely) - over]
    if not all(_is_likelihood(each) for each in kept[1:]) or not (kept and _is_likelihood(kept[0] or 0.0)):
        raise AskError("a log-probability is missing or no number", _GENERATE)
    return tokens[: len(kept)], kept


def first_tokens(choice: Mapping[str, Any], answers: Sequence[str]) -> tuple[float, ...]:
    """The log-likelihoods of answers, from the first tokens that the server thought most likely.

    A token speaks for the answer that it is, or else for those that begin with it, to equal shares. An answer for which
    no token speaks gets what the least likely one has: it cannot be more likely than that.

    Raises:
        AskError: the server tells of no tokens.

    """
    told = _told(choice)
    least = min(likely for _, likely in told)
    found = dict.fromkeys(answers, 0.0)
    for token, likely in told:
        fit = _meant(token, answers)
        for answer in fit:
            found[answer] += math.exp(likely) / len(fit)
    return tuple(math.log(found[answer]) if found[answer] > 0 else least for answer in answers)


def _told(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    held = choice.get("logprobs")
    content = held.get("content") if isinstance(held, dict) else None
    if not content:
        raise AskError("gives no log-probabilities", _GENERATE)
    top = content[0].get("top_logprobs") if isinstance(content, list) and isinstance(content[0], dict) else None
    if not isinstance(top, list) or not top:
        raise AskError("gives no top_logprobs", _GENERATE)
    pairs: list[Any] = [(each.get("token"), each.get("logprob")) for each in top if isinstance(each, dict)]
    if len(pairs) != len(top) or not all(isinstance(token, str) and _is_likelihood(likely) for token, likely in pairs):
        raise AskError("a log-probability is missing or no number", _GENERATE)
    return pairs


def _meant(token: str, answers: Sequence[str]) -> list[str]:
    """The answers that a first token speaks for; neither case nor white space counts."""
    plain = token.strip().casefold()
    if not plain:
        return []
    same = [answer for answer in answers if answer.strip().casefold() == plain]
    return same or [answer for answer in answers if answer.strip().casefold().startswith(plain)]


def _is_likelihood(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

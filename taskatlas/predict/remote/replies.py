"""Replies of a server: parsed, and refused where they do not fit the question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from taskatlas.predict.reading import cut_at_stop
from taskatlas.predict.remote.failures import AskError
from taskatlas.predict.remote.questions import Question
from taskatlas.schemas.endpoint import EndpointModel

_NO_OPENAI = "see that the server speaks the OpenAI API at this url"
_GENERATE = "set mode: generate on the card, or ask a server that gives them"


MOST_TOKENS = 10**12
"""Of one answer; those of many still add up to what a table holds."""
_LONGEST = 2_000_000
"""Characters that a server writes; the most tokens of a card are some 500,000."""
_LEAST_LIKELY = -1e100
"""Some servers say it for a token that cannot be; many of them still add up."""
_ROUNDED = 1e-3
"""By how much the logarithm of a probability may be above 0."""


class Usage(NamedTuple):
    """Tokens as the server counted them; None where it did not."""

    prompt: int | None
    completion: int | None


def usage_of(payload: Any) -> Usage:
    """Return the tokens of an answer, as the server counted them.

    Raises:
        AskError: it counts more than there can be.

    """
    usage = payload.get("usage") if isinstance(payload, dict) else None
    if not isinstance(usage, dict):
        return Usage(None, None)
    counts = [usage.get(f"{name}_tokens") for name in Usage._fields]
    known = [count if type(count) is int and count >= 0 else None for count in counts]
    if most := max((count for count in known if count is not None and count > MOST_TOKENS), default=None):
        what = f"says that one answer took {float(most):.3g} tokens" if most < 1e300 else "counts tokens without end"
        raise AskError(what, "mend the field usage of the server's answers")
    return Usage(*known)


def answer_of(card: EndpointModel, question: Question, payloads: Sequence[Any]) -> str | tuple[float, ...]:
    """Read a server's answer to a question from the payloads of its requests.

    Returns:
        What it wrote; or where answers are scored the log-likelihood of each answer, of which only differences count.

    Raises:
        AskError: the reply does not fit the question.

    """
    if question.stop is not None:
        return cut_at_stop(_written_text(card, _choice(payloads[0])), question.stop)
    if card.api == "chat":
        return first_token_likelihoods(_choice(payloads[0]), question.answers)
    return echo_likelihoods(payloads)


def _choice(payload: Any) -> dict[str, Any]:
    """Return the one choice of a payload."""
    choices = payload.get("choices") if isinstance(payload, dict) else None
    if not isinstance(choices, list):
        raise AskError("its answer has no field choices", _NO_OPENAI)
    if len(choices) != 1 or not isinstance(choices[0], dict):
        raise AskError(f"gave {len(choices)} choices where one was asked for", _NO_OPENAI)
    return choices[0]


def _written_text(card: EndpointModel, choice: Mapping[str, Any]) -> str:
    """Return the text of a choice; a refusal, or thinking alone, is an empty text."""
    holder = choice.get("message") if card.api == "chat" else choice
    name = "content" if card.api == "chat" else "text"
    if not isinstance(holder, dict) or not isinstance(holder.get(name, ...), str | None):
        raise AskError(f"its answer has no text in choices[0].{'message.' * (card.api == 'chat')}{name}", _NO_OPENAI)
    if len(holder[name] or "") > _LONGEST:
        raise AskError(f"wrote more than {_LONGEST:,} characters", "lower max_tokens, or see why in the server's log")
    # half a pair of surrogates can be said in JSON, and kept nowhere
    return (holder[name] or "").encode("utf-8", "replace").decode("utf-8")


def echo_likelihoods(payloads: Sequence[Any]) -> tuple[float, ...]:
    """Return the log-likelihoods of answers, from the echoes of the text with each of them.

    Tokens that all echoes begin with say nothing about the answers and are left out, so an answer's likelihood is that
    of its own tokens, wherever the tokenizer lets them begin.

    Raises:
        AskError: an echo is missing, or is not that of the whole prompt.

    """
    echoes = [_echo(payload) for payload in payloads]
    n_shared = 0
    while all(len(tokens) > n_shared for tokens, _ in echoes) and len({tokens[n_shared] for tokens, _ in echoes}) == 1:
        n_shared += 1
    # the very first token has no likelihood, as nothing stands before it
    return tuple(math.fsum(logprob for logprob in logprobs[n_shared:] if logprob is not None) for _, logprobs in echoes)


def _echo(payload: Any) -> tuple[list[str], list[float | None]]:
    """Return the tokens of the prompt and their log-probabilities, without those that were written after them."""
    logprobs = _choice(payload).get("logprobs")
    if not isinstance(logprobs, dict):
        raise AskError("gives no log-probabilities", _GENERATE)
    tokens, token_logprobs = logprobs.get("tokens"), logprobs.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(token_logprobs, list) or len(tokens) != len(token_logprobs):
        raise AskError("its log-probabilities lack tokens or token_logprobs", _GENERATE)
    if not all(isinstance(token, str) for token in tokens):
        raise AskError("a token of its log-probabilities is no text", _GENERATE)
    n_prompt, n_completion = usage_of(payload)
    n_written = len(tokens) - (len(tokens) if n_prompt is None else n_prompt)
    if n_written not in {0, n_completion}:
        what = f"gives log-probabilities of {len(tokens)} tokens where {n_prompt} were shown: it does not echo"
        raise AskError(what, _GENERATE)
    kept = token_logprobs[: len(token_logprobs) - n_written]
    first_is_known = bool(kept) and (kept[0] is None or _is_likelihood(kept[0]))
    if not first_is_known or not all(_is_likelihood(logprob) for logprob in kept[1:]):
        raise AskError("a log-probability is missing or no number", _GENERATE)
    return tokens[: len(kept)], kept


def first_token_likelihoods(choice: Mapping[str, Any], answers: Sequence[str]) -> tuple[float, ...]:
    """Return the log-likelihoods of answers, from the first tokens that the server thought most likely.

    A token speaks for the answer that it is, or else for those that begin with it, to equal shares. An answer for which
    no token speaks gets what the least likely one has: it cannot be more likely than that.

    Raises:
        AskError: the server tells of no tokens.

    """
    top_tokens = _top_tokens(choice)
    least = min(logprob for _, logprob in top_tokens)
    share_by_answer = dict.fromkeys(answers, 0.0)
    for token, logprob in top_tokens:
        matches = _matching_answers(token, answers)
        for answer in matches:
            share_by_answer[answer] += math.exp(logprob) / len(matches)
    return tuple(math.log(share_by_answer[answer]) if share_by_answer[answer] > 0 else least for answer in answers)


def _top_tokens(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not content:
        raise AskError("gives no log-probabilities", _GENERATE)
    top = content[0].get("top_logprobs") if isinstance(content, list) and isinstance(content[0], dict) else None
    if not isinstance(top, list) or not top:
        raise AskError("gives no top_logprobs", _GENERATE)
    pairs: list[Any] = [(each.get("token"), each.get("logprob")) for each in top if isinstance(each, dict)]
    if len(pairs) != len(top) or not all(
        isinstance(token, str) and _is_likelihood(logprob) for token, logprob in pairs
    ):
        raise AskError("a log-probability is missing or no number", _GENERATE)
    return pairs


def _matching_answers(token: str, answers: Sequence[str]) -> list[str]:
    """Return the answers that a first token speaks for; neither case nor white space counts."""
    plain = token.strip().casefold()
    if not plain:
        return []
    same = [answer for answer in answers if answer.strip().casefold() == plain]
    return same or [answer for answer in answers if answer.strip().casefold().startswith(plain)]


def _is_likelihood(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _LEAST_LIKELY <= value <= _ROUNDED

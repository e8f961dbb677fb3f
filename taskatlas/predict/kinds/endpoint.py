"""A model behind an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, or a hosted one.

Prompts are answered freely, or by the likelihood of their answers where the server tells of it. Every answer is in the
ledger before the run goes on (`remote.ledger`), so that a run that was killed, or gave up, goes on where it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
from pydantic import SecretStr

from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict.model import Context, Example, given
from taskatlas.predict.numbers import softmax
from taskatlas.predict.outputs import Answers, of_labels, of_written
from taskatlas.predict.remote.client import Client
from taskatlas.predict.remote.crew import LateError, work_off
from taskatlas.predict.remote.failures import AskError
from taskatlas.predict.remote.ledger import Entry, Ledger, account, summed
from taskatlas.predict.remote.questions import Question, questions
from taskatlas.predict.remote.replies import answer_of, usage_of
from taskatlas.predict.render import render_answers
from taskatlas.predict.secrets import resolve
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.prompts import PromptCard

_log = logging.getLogger(__name__)


class Endpoint:
    """A model of kind endpoint. Nothing is asked, and no key is looked for, until an answer is missing."""

    def __init__(self, card: EndpointModel, context: Context) -> None:
        self._card, self._context, self._where = card, context, f"model {card.name}"
        self._ledger = Ledger(context.parts, card)
        self._until: float | None = None

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """What the server wrote to each text, with the label it means; in mode choices probabilities of labels.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: a prompt is missing or does not fit the mode, the key is not there, the server cannot be
                reached, or it does not answer as it should; what is answered is kept.
            StoreError: what is answered cannot be kept.

        """
        progress.expect("answer", len(prompts) * len(texts), "texts")
        cards = [self._given(prompt) for prompt in prompts]
        asked = [questions(self._card, prompt, texts, self._context) for prompt in cards]
        known = {entry.question: entry for entry in self._ledger.read()}
        wanted: dict[str, Question] = {}
        for question in (each for some in asked for each in some):
            wanted.setdefault(question.key, question)
        todo = [question for key, question in wanted.items() if key not in known]
        progress.advance("answer", len(prompts) * len(texts) - len(todo))
        self._ask(todo, known, wanted)
        return [self._answers(prompt, some, known) for prompt, some in zip(cards, asked, strict=True)]

    def _given(self, prompt: PromptCard | None) -> PromptCard:
        found = given(self._card, prompt)
        if not self._card.writes and self._card.api == "chat":
            self._told_apart(found)
        return found

    def _told_apart(self, prompt: PromptCard) -> None:
        """The first token must say which label is meant."""
        seen: dict[str, tuple[str, str]] = {}
        for label, answers in zip(prompt.choices, render_answers(prompt), strict=True):
            for answer in answers:
                other, before = seen.setdefault(answer.split()[0].casefold(), (label, answer))
                if other != label:
                    what = f"prompt {prompt.name}: {before!r} and {answer!r} begin alike, and in chats the first token"
                    todo = "use other choices, or api: completions, or mode: generate"
                    raise ModelError(f"{what} is all that tells them apart", where=self._where, todo=todo)

    def _ask(self, todo: Sequence[Question], known: dict[str, Entry], wanted: Collection[str]) -> None:
        """Ask what is not known yet, and know it then."""
        if not todo:
            return
        card = self._card
        key = resolve(card.key, self._where) if card.key else None
        if card.deadline is not None and self._until is None:
            self._until = time.monotonic() + card.deadline

        def keep(entries: list[Entry]) -> None:
            self._ledger.keep(entries)
            known.update((entry.question, entry) for entry in entries)

        try:
            work_off(lambda: self._asking(key), todo, keep, at_once=card.at_once, until=self._until)
        except AskError as error:
            raise self._unfinished(error, known, wanted) from None
        except LateError:
            late = AskError(f"is not done within its deadline of {card.deadline:g} s", "raise deadline on the card")
            raise self._unfinished(late, known, wanted) from None
        self._report(todo, known)

    def _unfinished(self, error: AskError, known: Mapping[str, Entry], wanted: Collection[str]) -> ModelError:
        kept = f"{sum(1 for key in wanted if key in known)} of {len(wanted)} texts are answered and kept"
        todo = f"{error.todo}; a further run goes on where this one ended"
        return ModelError(f"{error.what}; {kept}", where=self._where, todo=todo)

    @asynccontextmanager
    async def _asking(self, key: SecretStr | None) -> AsyncIterator[Callable[[Question], Awaitable[Entry]]]:
        """A function that asks one question, with a client that it shares."""
        async with Client(self._card, key) as client:

            async def asked(question: Question) -> Entry:
                try:
                    sent = [await client.ask(body) for body in question.bodies]
                    answer = answer_of(self._card, question, [each.payload for each in sent])
                except AskError as error:
                    error.what = f"{error.what}, asked {question.shown[:80]!r}"
                    raise
                used = [usage_of(each.payload) for each in sent]
                return Entry(
                    question.key,
                    question.subject,
                    client.hidden(answer) if isinstance(answer, str) else answer,
                    sum(each.requests for each in sent),
                    _total([each.prompt for each in used]),
                    _total([each.completion for each in used]),
                )

            yield asked

    def _report(self, todo: Sequence[Question], known: Mapping[str, Entry]) -> None:
        """Log what was spent by this run."""
        for subject in sorted({question.subject for question in todo}):
            entries = [known[question.key] for question in todo if question.subject == subject]
            one, empty = summed(self._card, entries), sum(1 for entry in entries if entry.answer == "")
            cost = "" if one.cost is None else f", cost {one.cost:.6g}"
            _log.info(
                "subject %s: %d answers, %d of them empty, %d requests, %d prompt tokens, %d completion tokens%s",
                subject, one.answers, empty, one.requests, one.prompt_tokens, one.completion_tokens, cost,
            )  # fmt: skip

    def _answers(self, prompt: PromptCard, asked: Sequence[Question], known: Mapping[str, Entry]) -> Answers:
        entries = [known[question.key] for question in asked]
        answers = self._meant(prompt, [entry.answer for entry in entries])
        took = account(self._card, f"{self._card.name}/{prompt.name}", entries)
        return replace(answers, counts={**answers.counts, **took})

    def _meant(self, prompt: PromptCard, found: Sequence[str | tuple[float, ...]]) -> Answers:
        if self._card.writes:
            return of_written(prompt, [str(text) for text in found])
        scores = np.array(found, np.float64).reshape(
            len(found), -1 if found else sum(map(len, prompt.answers.values()))
        )
        return of_labels(prompt, softmax(scores))


def _total(counts: Sequence[int | None]) -> int | None:
    """The sum, where every one was counted."""
    return None if None in counts else sum(count or 0 for count in counts)

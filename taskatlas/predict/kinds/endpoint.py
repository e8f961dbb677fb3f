"""A model behind an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, or a hosted one.

Prompts are answered freely, or by the likelihood of their answers where the server tells of it. Every answer is in the
ledger before the run goes on (`remote.ledger`), so that a run that was killed, or gave up, goes on where it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property

import numpy as np
from pydantic import SecretStr

from taskatlas import progress
from taskatlas.errors import ModelError
from taskatlas.predict.model import Example, ModelContext, required_prompt
from taskatlas.predict.outputs import Answers, from_answer_scores, from_generated
from taskatlas.predict.remote.client import Client
from taskatlas.predict.remote.crew import LateError, run_jobs
from taskatlas.predict.remote.failures import AskError
from taskatlas.predict.remote.ledger import Entry, Ledger, Rounds, cost_counts, seconds_of, total_spent
from taskatlas.predict.remote.questions import (
    Question,
    estimate_prompt_tokens,
    first_questions,
    placeholder,
    questions,
)
from taskatlas.predict.remote.replies import answer_of, usage_of
from taskatlas.predict.render import answers_by_row
from taskatlas.predict.secrets import resolve
from taskatlas.predict.spending import Spending
from taskatlas.predict.stopwatch import rounded
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.prompts import PromptCard

_log = logging.getLogger(__name__)
_COUNTED = 20
"""Answers from which on their mean length is taken for that of further ones."""


class Endpoint:
    """A model of kind endpoint. No request is sent, and no key is looked up, until an answer is missing."""

    def __init__(self, card: EndpointModel, context: ModelContext) -> None:
        self._card, self._context, self._where = card, context, f"model {card.name}"
        self._ledger = Ledger(context.parts, card)
        self._until: float | None = None

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Answer n texts with what the server wrote and the label it means; in mode choices with probabilities of
        labels. Followups are asked when all first answers are there.

        Raises:
            PromptError: a prompt cannot be rendered.
            ModelError: a prompt is missing or does not fit the mode, the key is not there, the server cannot be
                reached, or it does not answer as it should; what is answered is kept.
            StoreError: what is answered cannot be kept.

        """
        cards = [self._fitting(prompt, texts) for prompt in prompts]
        rounds = len(cards) + sum(prompt.followup is not None for prompt in cards)
        progress.expect("answer", rounds * len(texts), "texts")
        self._ask_all([first_questions(self._card, prompt, texts) for prompt in cards if prompt.followup])
        questions_by_prompt = [self._questions(prompt, texts, self._reasoning(prompt, texts)) for prompt in cards]
        self._ask_all(questions_by_prompt)
        return [
            self._answers(prompt, prompt_questions, texts)
            for prompt, prompt_questions in zip(cards, questions_by_prompt, strict=True)
        ]

    def _ask_all(self, questions_by_prompt: Sequence[Sequence[Question]]) -> None:
        """Ask all that has no answer yet; questions that several prompts ask alike once."""
        asked = [question for prompt_questions in questions_by_prompt for question in prompt_questions]
        questions_by_key: dict[str, Question] = {}
        for question in asked:
            questions_by_key.setdefault(question.key, question)
        unanswered = [question for key, question in questions_by_key.items() if key not in self._known]
        progress.advance("answer", len(asked) - len(unanswered))
        self._ask(unanswered, self._known, questions_by_key)

    @cached_property
    def _known(self) -> dict[str, Entry]:
        """The answers that are on the disk, by question: read once, and added to as they come."""
        return {entry.question: entry for entry in self._ledger.read()}

    def answered(self, prompt: PromptCard | None, texts: Sequence[Example]) -> list[bool]:
        """Return of which of n texts there is an answer, without asking for one."""
        card = self._fitting(prompt, texts)
        reasoning = self._reasoning(card, texts)
        firsts = [True] * len(texts) if reasoning is None else [each is not None for each in reasoning]
        asked = self._questions(card, texts, reasoning)
        return [there and question.key in self._known for there, question in zip(firsts, asked, strict=True)]

    def spending(self, asked: Iterable[tuple[PromptCard | None, Sequence[Example]]]) -> Spending:
        """Return what the answers to the texts of each prompt will take, without those that are there; nothing is
        asked. A question that comes several times counts once."""
        known = self._known
        owed: dict[tuple[str, ...], Question] = {}
        completion_tokens = 0.0
        of_answer = _tokens_of_answer(self._card, known.values())
        for prompt, texts in asked:
            card = self._fitting(prompt, texts)
            of_first = 0.0
            if card.followup:
                mean = _mean_tokens(known.values(), first=True)
                of_first = float(card.followup.max_tokens) if mean is None else mean
            of_prompt = self._questions(card, texts, self._reasoning(card, texts), placeholder(of_first))
            for key, question in self._missing(card, texts, of_prompt):
                if key not in owed:
                    completion_tokens += len(question.bodies) * (of_first if question.first else of_answer)
                owed[key] = question
        bodies = [body for question in owed.values() for body in question.bodies]
        prompt_tokens = round(sum(map(estimate_prompt_tokens, bodies)))
        cost = self._card.cost(prompt_tokens, round(completion_tokens))
        return Spending(len(bodies), prompt_tokens, round(completion_tokens), cost)

    def _missing(
        self, prompt: PromptCard, texts: Sequence[Example], asked: Sequence[Question]
    ) -> Iterator[tuple[tuple[str, ...], Question]]:
        """Yield what is to be asked yet, each with what tells it from others: after a first answer that nobody knows
        yet a question is known by the first one, too."""
        if not prompt.followup:
            yield from (((each.key,), each) for each in asked if each.key not in self._known)
            return
        for first, each in zip(first_questions(self._card, prompt, texts), asked, strict=True):
            if first.key not in self._known:
                yield (first.key,), first
                yield (first.key, each.key), each
            elif each.key not in self._known:
                yield (each.key,), each

    def _fitting(self, prompt: PromptCard | None, texts: Sequence[Example]) -> PromptCard:
        """Return the prompt, checked before anything is asked by it."""
        card = required_prompt(self._card, prompt)
        if not self._card.writes and self._card.api == "chat":
            for answers in dict.fromkeys(map(tuple, answers_by_row(card, texts))):
                self._check_first_tokens(card, answers)
        return card

    def _reasoning(self, prompt: PromptCard, texts: Sequence[Example]) -> list[str | None] | None:
        """Return the first answer to each text, None where there is none yet; None of prompts that ask once."""
        if prompt.followup is None:
            return None
        entries = [self._known.get(question.key) for question in first_questions(self._card, prompt, texts)]
        return [None if entry is None else str(entry.answer) for entry in entries]

    def _questions(
        self,
        prompt: PromptCard,
        texts: Sequence[Example],
        reasoning: Sequence[str | None] | None,
        unknown: str = "",
    ) -> list[Question]:
        """Make the questions whose answers count; first answers that are not there yet are shown as `unknown`."""
        shown = None if reasoning is None else [unknown if each is None else each for each in reasoning]
        return questions(self._card, prompt, texts, self._context, shown)

    def _check_first_tokens(self, prompt: PromptCard, answers: Sequence[str]) -> None:
        """Check that the first token of an answer says which label is meant."""
        labels = [label for label, texts in prompt.answers.items() for _ in texts]
        label_by_token: dict[str, tuple[str, str]] = {}
        for label, answer in zip(labels, answers, strict=True):
            if not answer:
                continue
            other, before = label_by_token.setdefault(answer.split()[0].casefold(), (label, answer))
            if other != label:
                what = f"prompt {prompt.name}: {before!r} and {answer!r} begin alike, and in chats the first token"
                letters = "show letters and have them answered (choices: {A: A, B: B})"
                todo = f"{letters if prompt.asks_rows else 'use other choices'}, or api: completions, or mode: generate"
                raise ModelError(f"{what} is all that tells them apart", where=self._where, todo=todo)

    def _ask(self, unanswered: Sequence[Question], known: dict[str, Entry], asked: Mapping[str, Question]) -> None:
        """Ask the questions of `asked` that have no entry yet, and add their entries to `known`."""
        if not unanswered:
            return
        card = self._card
        key = resolve(card.key, self._where) if card.key else None
        if card.deadline is not None and self._until is None:
            self._until = time.monotonic() + card.deadline

        def keep(entries: list[Entry]) -> None:
            self._ledger.keep(entries)
            known.update((entry.question, entry) for entry in entries)

        try:
            under_way = min(card.at_once, len(unanswered))
            run_jobs(lambda: self._asking(key, under_way), unanswered, keep, at_once=card.at_once, until=self._until)
        except AskError as error:
            raise self._unfinished(error, known, asked) from None
        except LateError:
            late = AskError(f"is not done within its deadline of {card.deadline:g} s", "raise deadline on the card")
            raise self._unfinished(late, known, asked) from None
        self._report(unanswered, known)

    def _unfinished(self, error: AskError, known: Mapping[str, Entry], asked: Mapping[str, Question]) -> ModelError:
        only_firsts = all(question.first for question in asked.values())
        so_far = "have a first answer, which is kept" if only_firsts else "are answered and kept"
        kept = f"{sum(1 for key in asked if key in known)} of {len(asked)} texts {so_far}"
        todo = f"{error.todo}; a further run goes on where this one ended"
        return ModelError(f"{error.what}; {kept}", where=self._where, todo=todo)

    @asynccontextmanager
    async def _asking(
        self, key: SecretStr | None, under_way: int
    ) -> AsyncIterator[Callable[[Question], Awaitable[Entry]]]:
        """Yield a function that asks one question, with a client that all calls share; so many are under way at once.

        An answer's share of the time that passes is its own time by their number (Little 1961, Operations Research
        9(3)).
        """
        async with Client(self._card, key) as client:

            async def ask(question: Question) -> Entry:
                started = time.perf_counter()
                try:
                    replies = [await client.ask(body) for body in question.bodies]
                    answer = answer_of(self._card, question, [reply.payload for reply in replies])
                except AskError as error:
                    error.what = f"{error.what}, asked {question.rendered[:80]!r}"
                    raise
                usages = [usage_of(reply.payload) for reply in replies]
                return Entry(
                    question.key,
                    question.subject,
                    client.without_key(answer) if isinstance(answer, str) else answer,
                    sum(reply.requests for reply in replies),
                    _total([usage.prompt for usage in usages]),
                    _total([usage.completion for usage in usages]),
                    rounded((time.perf_counter() - started) / under_way),
                    question.first,
                )

            yield ask

    def _report(self, asked: Sequence[Question], known: Mapping[str, Entry]) -> None:
        """Log what was spent by this run."""
        for subject in sorted({question.subject for question in asked}):
            entries = [known[question.key] for question in asked if question.subject == subject]
            spent, empty = total_spent(self._card, entries), sum(1 for entry in entries if entry.answer == "")
            cost = "" if spent.cost is None else f", cost {spent.cost:.6g}"
            _log.info(
                "subject %s: %d answers, %d of them empty, %d requests, %d prompt tokens, %d completion tokens%s",
                subject, spent.answers, empty, spent.requests, spent.prompt_tokens, spent.completion_tokens, cost,
            )  # fmt: skip

    def _answers(
        self,
        prompt: PromptCard,
        prompt_questions: Sequence[Question],
        texts: Sequence[Example],
    ) -> Answers:
        entries = [self._known[question.key] for question in prompt_questions]
        answers = self._from_replies(prompt, [entry.answer for entry in entries], texts)
        rounds: list[Rounds] = [(entry,) for entry in entries]
        if prompt.followup:
            firsts = first_questions(self._card, prompt, texts)
            rounds = [(self._known[first.key], entry) for first, entry in zip(firsts, entries, strict=True)]
        costs = cost_counts(self._card, f"{self._card.name}/{prompt.name}", rounds)
        return replace(answers, counts={**answers.counts, **costs}, seconds=seconds_of(rounds))

    def _from_replies(
        self, prompt: PromptCard, replies: Sequence[str | tuple[float, ...]], texts: Sequence[Example]
    ) -> Answers:
        if self._card.writes:
            return from_generated(prompt, [str(text) for text in replies], texts)
        answers = answers_by_row(prompt, texts)
        scores = np.zeros((len(answers), sum(map(len, prompt.answers.values()))))
        for row, (own, reply) in enumerate(zip(answers, replies, strict=True)):
            scores[row, [index for index, answer in enumerate(own) if answer]] = reply
        return from_answer_scores(prompt, scores, answers)


def _tokens_of_answer(card: EndpointModel, known: Collection[Entry]) -> float:
    """Return how many tokens an answer takes, about: as so far, else as many as it may."""
    if not card.writes:
        return 1.0 if card.api == "chat" else 0.0
    mean = _mean_tokens(known, first=False)
    return float(card.max_tokens) if mean is None else mean


def _mean_tokens(known: Collection[Entry], *, first: bool) -> float | None:
    """Return how many tokens first answers, or the others, took so far; None of too few of them."""
    all_tokens = [entry.completion_tokens for entry in known if entry.first == first]
    counted = [each for each in all_tokens if each is not None]
    return sum(counted) / len(counted) if len(counted) >= _COUNTED else None


def _total(counts: Sequence[int | None]) -> int | None:
    """Return the sum, or None where one was not counted."""
    return None if None in counts else sum(count or 0 for count in counts)

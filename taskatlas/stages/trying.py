"""Try: spend calls on a dataset where the decision is, and keep every answer.

What is known of each subject that no run has measured there decides who is called, and on which texts all of them are.
Answers are kept batch by batch, and those that are there cost nothing: an interrupted trial, asked for again, takes the
same way and calls nobody twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas import progress
from taskatlas.embed.measure import Floats
from taskatlas.errors import InputError, ModelError, StoreError, UnknownNameError
from taskatlas.plan.begun import begun_from, note_begun, note_ended
from taskatlas.plan.plan import Plan
from taskatlas.plan.tried import batch_key, triable
from taskatlas.predict.model import LedgerModel, Model
from taskatlas.predict.needs import with_needs
from taskatlas.predict.predict import answer_subjects, distinct
from taskatlas.recommend.baseline import label_called
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.posterior import Estimate, posterior
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.stages.expected import chances_of
from taskatlas.stages.predict import loaded, split_of
from taskatlas.stages.recommendations import evidence_for
from taskatlas.stages.scoring import only_label
from taskatlas.stages.tried import tried_on
from taskatlas.trying.order import balanced_order
from taskatlas.trying.race import Contender, RaceOutcome, by_expected, is_first_clear, race

BATCH = 32
"""Texts that a subject is asked about before what it answered is kept."""


@dataclass(frozen=True)
class Trial:
    """What came of trying.

    Attributes:
        outcome: of the race.
        standing: the subjects with all that they ever answered here, the one that is expected to be best first.
        answers: that are there of those who are tried, whenever they were asked for.
        new: calls that were made for them now.
        failed: why subjects could be asked no further, by name.
    """

    outcome: RaceOutcome
    standing: tuple[Contender, ...]
    answers: int
    new: int
    failed: Mapping[str, str]

    @property
    def is_clear(self) -> bool:
        """Whether no other may be better than the first, by all that was ever answered."""
        return is_first_clear(self.standing)


class Bench:
    """The subjects that may be tried on a dataset, its test texts, and what each has answered so far.

    Args:
        plan: the project's; a run has made its forecasts.
        dataset: name of the dataset.
        device: as in `predict.device.choose_device`.

    Raises:
        UnknownNameError: there is no such dataset.
        InputError: nobody is left to be tried, or nothing could tell them apart.
        StoreError: no run has made what is needed.
    """

    def __init__(self, plan: Plan, dataset: str, device: str) -> None:
        self._plan, self._device, self._project = plan, device, plan.project
        if dataset not in self._project.registry.datasets:
            raise UnknownNameError("dataset", dataset, self._project.registry.datasets)
        require_forecasts(plan)
        self.card, self._text_set = self._project.registry.datasets[dataset], plan.datasets[dataset]
        self.test = split_of(self._project, self._text_set.examples, "test")
        _require_difference(self.card, self.test)
        measured = {each.subject for each in plan.all_answer_sets if each.text_set == ("dataset", dataset)}
        self.subjects = {
            name: subject
            for name, subject in self._project.subjects.items()
            if dataset in triable(self._project, subject) and name not in measured
        }
        if not self.subjects:
            raise _nobody(dataset, measured)
        self.failed: dict[str, str] = {}
        self.new = 0
        self._models: dict[str, Model] = {}
        self._kept = {name: list(plan.tried.get((name, dataset), [])) for name in self.subjects}
        self._take_up()

    def contenders(self) -> list[Contender]:
        """Return the subjects with what is forecast of them, or known from elsewhere: one of each model, then the next
        of each, so that where nothing is expected of anybody few calls reach many models. After them come those that
        were measured here, whom nobody asks again."""
        candidates = {each.name: each for each in evidence_for(self._plan, self.card.name).candidates}
        texts = self.test.num_rows
        measured = [
            Contender(each.name, each.metric, _untried(each), each.measured, texts)
            for each in candidates.values()
            if each.measured is not None
        ]
        before: Counter[str] = Counter()
        rounds: dict[int, list[Contender]] = {}
        for name, subject in self.subjects.items():
            contender = Contender(name, candidates[name].metric, _untried(candidates[name]))
            rounds.setdefault(before[subject.model.name], []).append(contender)
            before[subject.model.name] += 1
        return [*(each for contenders in rounds.values() for each in contenders), *measured]

    def try_out(self, calls: int) -> Trial:
        """Spend calls. Answers that are there cost none; those that the same trial made before it was interrupted, or
        a server failed, count.

        Args:
            calls: how many, 1 or more.

        Raises:
            InputError: `calls` is not 1 or more.
        """
        require_calls(calls)
        contenders, before = self.contenders(), self._before(calls)
        note_begun(self._plan.state, self._text_set, calls, before)
        beginning = [self._standing(each, before.get(each.name)) for each in contenders]
        outcome = race(beginning, calls, self.test.num_rows, self._ask)
        if not self.failed:
            note_ended(self._plan.state, self._text_set)
        standing = [self._standing(each) for each in contenders]
        return Trial(outcome, tuple(by_expected(standing)), self.answers, self.new, dict(self.failed))

    @property
    def answers(self) -> int:
        """How many are there of those that may be tried."""
        return sum(len(self._asked(name)) for name in self.subjects)

    def spent(self, calls: int) -> int:
        """Return how many calls of a trial of so many were made before it was interrupted; 0 of one that is new."""
        return self.answers - sum(self._before(calls).values())

    def _before(self, calls: int) -> dict[str, int]:
        """About how many texts each subject had been asked when this trial began."""
        asked = {name: len(self._asked(name)) for name in self.subjects}
        begun = begun_from(self._plan.state, self._text_set, calls) or asked
        return {name: min(begun.get(name, 0), count) for name, count in asked.items()}

    def left(self) -> dict[str, int]:
        """Return how many texts each subject has not been asked about yet."""
        return {name: self.test.num_rows - len(self._asked(name)) for name in self.subjects}

    @cached_property
    def _chances(self) -> dict[str, Floats]:
        """What each subject's student expects of each test text; nothing of numbers and free answers."""
        if not self.card.class_labels:
            return {}
        return chances_of(self._plan, self.card, self.subjects.values(), self.test, self._device)

    @cached_property
    def _places(self) -> dict[str, int]:
        """The row of each test text."""
        return {text_id: row for row, text_id in enumerate(self.test["text_id"].to_pylist())}

    @cached_property
    def _order(self) -> Sequence[str]:
        """Ids of the test texts, in the order in which they are tried."""
        ranks = self._ranks()
        chances = [*self._chances.values()]
        expected = np.mean(chances, axis=0) if chances else np.zeros(self.test.num_rows)
        ids = self.test["text_id"].to_pylist()
        return [ids[row] for row in balanced_order(ranks, expected)]

    def _ranks(self) -> npt.NDArray[np.int64]:
        """The place of each test text's label among all labels; free answers have none."""
        if self.card.labels == "text":
            return np.zeros(self.test.num_rows, np.int64)
        number = self.card.labels == "number"
        labels = self.test["value"].to_numpy() if number else self.test["label"].to_numpy(zero_copy_only=False)
        return np.unique(labels, return_inverse=True)[1]

    def _ask(self, owed: Mapping[str, int]) -> dict[str, Estimate | None]:
        """Have every subject answer so many of the first texts; the subjects of one model one after another."""
        missing = {name: self._missing(name, count) for name, count in owed.items()}
        progress.expect("try", sum(map(len, missing.values())), "calls")
        for name in sorted(missing, key=lambda name: self.subjects[name].model.name):
            if missing[name] and name not in self.failed:
                self._call(name, missing[name])
        return {name: None if name in self.failed else self._said(name, count) for name, count in owed.items()}

    def _standing(self, contender: Contender, first: int | None = None) -> Contender:
        """A contender with what its first answers say; all of them where that is None."""
        if contender.name not in self.subjects:
            return contender
        asked = len(self._asked(contender.name)) if first is None else first
        return replace(contender, asked=asked, tried=self._said(contender.name, asked) if asked else None)

    def _missing(self, name: str, count: int) -> list[str]:
        asked = self._asked(name)
        return [text for text in self._order if text not in asked][: max(count - len(asked), 0)]

    def _asked(self, name: str) -> set[str]:
        return {text for key in self._kept[name] for text in self._project.parts.manifest("tried", key)["asked"]}

    def _said(self, name: str, count: int) -> Estimate | None:
        """What the first answers say, as they did when they came: what is kept beyond them would lead another way."""
        return tried_on(self._project, self.card, self.subjects[name], self._kept[name], self.test, count).estimate

    def _take_up(self) -> None:
        """Keep what servers have answered of the texts already, as in a run that did not end."""
        for name, subject in self.subjects.items():
            model = None if subject.model.computes_here else self._model(subject)
            asked = self._asked(name)
            texts = [text for text in self._places if text not in asked]
            if isinstance(model, LedgerModel) and (there := self._answered(subject, model, texts)):
                self._keep(subject, model, there, there)

    def _answered(self, subject: Subject, model: LedgerModel, texts: Sequence[str]) -> list[str]:
        """Of texts, those that a subject has answered."""
        asked = distinct(self._texts(texts))
        there = model.answered(subject.prompt, with_needs(asked, self._project.registry.needs(subject)))
        return [text for text, is_there in zip(texts, there, strict=True) if is_there]

    def _call(self, name: str, texts: Sequence[str]) -> None:
        """Ask a subject about texts, and keep what it answers batch by batch. One that fails is asked no more; what it
        has answered counts."""
        subject = self.subjects[name]
        try:
            model = self._model(subject)
            for start in range(0, len(texts), BATCH):
                self._ask_batch(subject, model, texts[start : start + BATCH])
        except ModelError as error:
            self.failed[name] = str(error)
            progress.note(f"{name} is tried no further: {error}")

    def _ask_batch(self, subject: Subject, model: Model, texts: Sequence[str]) -> None:
        there = self._answered(subject, model, texts) if isinstance(model, LedgerModel) else []
        try:
            self._keep(subject, model, texts, there)
        except ModelError:
            if isinstance(model, LedgerModel) and (answered := self._answered(subject, model, texts)):
                self._keep(subject, model, answered, there)
            raise

    def _texts(self, ids: Sequence[str]) -> pa.Table:
        return self.test.take(pa.array([self._places[text_id] for text_id in ids], pa.int64()))

    def _keep(self, subject: Subject, model: Model, texts: Sequence[str], there: Sequence[str]) -> None:
        """Keep a subject's answers to texts, some of which were there already, as a batch of their own."""
        needs = self._project.registry.needs(subject)
        found = answer_subjects(model, subject.model, [subject.prompt], self._texts(texts), needs=needs)
        answers = found[subject.name]
        chances = self._chances.get(subject.name, np.zeros(self.test.num_rows))
        meta = {
            "asked": list(texts),
            "counts": dict(answers.counts),
            "seconds": dict(answers.seconds),
            "level": float(chances.mean()),
            "chances": {text_id: float(chances[self._places[text_id]]) for text_id in texts},
        }
        subject_id = self._plan.identities.subject_id(subject.name)
        key = batch_key(subject_id, self._text_set, len(self._kept[subject.name]))
        self._project.parts.write("tried", key, answers.rows, meta)
        self._kept[subject.name].append(key)
        self.new += len(texts) - len(there)
        progress.advance("try", len(texts))

    def _model(self, subject: Subject) -> Model:
        """The subject's model. One that computes here is alone in memory, others wait for servers."""
        card = subject.model
        if card.name not in self._models:
            self._models = {name: each for name, each in self._models.items() if not _computes_here(self._plan, name)}
            of = [each for each in self.subjects.values() if each.model.name == card.name]
            prompts = [each.prompt for each in of]
            self._models[card.name] = loaded(self._project, self._plan.text_sets, card, self._device, prompts)
        return self._models[card.name]


def require_calls(calls: int) -> None:
    """Hold a trial to one call or more.

    Raises:
        InputError: there is none.
    """
    if calls < 1:
        raise InputError(f"{calls} calls decide nothing", todo="give --calls 1 or more")


def require_forecasts(plan: Plan) -> None:
    """Hold a run to have made what is forecast of the sources as they are; what it recommends may be from before the
    last calls."""
    plan.require_ingested()
    plan.require_vectors()
    if not plan.is_measured():
        what = "the benchmark stage has not run yet, or not since something changed"
        raise StoreError(what, todo="run the benchmark flow first, or `taskatlas run`")


def _require_difference(card: DatasetCard, test: pa.Table) -> None:
    """Hold a dataset to texts on which one subject may be better than another: calls that tell nothing are not made."""
    only = only_label(card, test)
    if only is not None:
        held = f"holds one {label_called(card.ranked_by)} alone, {only}" if test.num_rows else "is empty"
        raise InputError(
            f"the test split {held}, so calls there tell nothing",
            where=f"dataset {card.name}",
            todo="give it texts with other labels, and run `taskatlas run`",
        )


def _untried(candidate: Candidate) -> Estimate | None:
    """What is expected of a subject without any call: its forecast, what is known from elsewhere, or both together."""
    if candidate.known is None:
        return candidate.forecast
    known = candidate.known.estimate
    both = posterior(candidate.metric, candidate.forecast, known)
    assert both is not None, "something is known"
    return Estimate(both.expected, both.low, both.high, known.n)


def _computes_here(plan: Plan, model: str) -> bool:
    return plan.project.registry.models[model].computes_here


def _nobody(dataset: str, measured: Collection[str]) -> InputError:
    what = "every subject that can answer its labels is measured there" if measured else "no subject answers its labels"
    return InputError(what, where=f"dataset {dataset}", todo=f"see `taskatlas recommend prompt {dataset}`")

"""Coverage: of which texts recorded models have an output, told before anything is computed, and after a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from taskatlas.plan.answers import answer_sets_of
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict.model import Example
from taskatlas.predict.predict import distinct
from taskatlas.project.find import project_option
from taskatlas.registry.mismatches import Mismatch
from taskatlas.schemas.cards import Columns
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import RecordedModel
from taskatlas.stages.predict import loaded, texts_of
from taskatlas.store.atomic import replacing

_WITHOUT_VECTOR = "it gets scores alone, and no vector and no forecasts"


@dataclass(frozen=True)
class Coverage:
    """How many texts of a text set a recorded model has an output for.

    Attributes:
        model: name of the model.
        text_set: kind and name of the text set.
        texts: how many a run asks for.
        missing: those without an output.
        outputs: how many different outputs there are.
    """

    model: str
    text_set: tuple[str, str]
    texts: int
    missing: tuple[Example, ...]
    outputs: int

    @property
    def answered(self) -> int:
        """How many texts have an output."""
        return self.texts - len(self.missing)

    def as_row(self) -> dict[str, Any]:
        """Return it as a person reads it."""
        kind, name = self.text_set
        texts = "corpus" if kind == "corpus" else f"{name}, test split"
        return {"name": self.model, "texts of": texts, "texts": self.texts, "answered": self.answered}


def shortfall(card: ModelCard, answered: int, texts: int) -> str | None:
    """Return why a model gets no vector of the corpus texts that it answered; None where they are enough."""
    if not isinstance(card, RecordedModel) or not texts or answered / texts >= card.min_coverage:
        return None
    return f"{texts - answered} of {texts} corpus texts have no recorded output"


def coverage_of(plan: Plan, card: RecordedModel) -> list[Coverage]:
    """Return how much a recorded model answers of the corpus and of the test splits that it is meant for.

    Raises:
        ModelError: its file does not hold.
    """
    project, found = plan.project, []
    model = loaded(project, plan.text_sets, card, "cpu", [None])
    meant = project.registry.meant(project.subjects[card.name])
    for text_set in (plan.corpus, *(plan.datasets[dataset.name] for dataset in meant)):
        texts = distinct(texts_of(project, text_set.kind, text_set.examples))
        [answers] = model.answer([None], texts)
        there = set(range(len(texts)) if answers.rows is None else answers.rows.tolist())
        missing = tuple(text for row, text in enumerate(texts) if row not in there)
        found.append(Coverage(card.name, (text_set.kind, text_set.name), len(texts), missing, len(set(answers.output))))
    return found


def advice(project: Project, found: Sequence[Coverage]) -> list[Mismatch]:
    """Return what recorded models miss by their coverage, and what would mend it; texts without an output are listed
    in a file of each such model, as `ProjectFolders.unanswered` says where."""
    told: list[Mismatch] = []
    for card in recorded_models(project):
        own = [each for each in found if each.model == card.name]
        _list_unanswered(project, card, own)
        told += _advised(project, card, own)
    return told


def without_vector(plan: Plan) -> dict[str, Mismatch]:
    """Return the recorded models that a run has given no vector for their coverage, with a line for a person."""
    project = plan.project
    told: dict[str, Mismatch] = {}
    for card in recorded_models(project):
        [answers] = answer_sets_of(project, project.subjects[card.name], plan.identities, [plan.corpus], {})
        if not project.parts.has("predictions", answers.key):
            continue
        answered = project.parts.count("predictions", answers.key)
        if why := shortfall(card, answered, plan.corpus.n_answered):
            todo = f"`taskatlas validate{project_option(project.folder)}` says what helps"
            where = project.registry.file("models", card.name)
            told[card.name] = Mismatch(where, f"{why}, so {_WITHOUT_VECTOR}", todo)
    return told


def recorded_models(project: Project) -> list[RecordedModel]:
    """Return the cards of the models whose outputs are recorded."""
    return [card for card in project.registry.models.values() if isinstance(card, RecordedModel)]


def _list_unanswered(project: Project, card: RecordedModel, found: Sequence[Coverage]) -> None:
    """Write the texts without an output as rows that the card's file could hold, their output left blank."""
    listed = project.folders.unanswered / f"{card.name}.jsonl"
    missing = {text.text_id: text for each in found for text in each.missing}
    if not missing:
        listed.unlink(missing_ok=True)
        return
    with replacing(listed) as temporary:
        rows = (json.dumps(_as_row(card.columns, text), ensure_ascii=False) for text in missing.values())
        temporary.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


def _as_row(columns: Columns, text: Example) -> dict[str, Any]:
    row: dict[str, Any] = {columns.text: text.text}
    if text.text_pair is not None:
        row[columns.text_pair or "text_pair"] = text.text_pair
    row |= {columns.fields.get(name, name): field for name, field in text.fields}
    if text.choices and not isinstance(columns.choices, tuple):
        row[columns.choices or "choices"] = list(text.choices)
    elif text.choices:
        row |= dict(zip(columns.choice_columns, text.choices, strict=False))
    return {**row, columns.label: None}


def _advised(project: Project, card: RecordedModel, found: Sequence[Coverage]) -> Iterator[Mismatch]:
    where = project.registry.file("models", card.name)
    listed = project.folders.unanswered.relative_to(project.folder) / f"{card.name}.jsonl"
    record = f"answer those in {listed}, add them to {card.source}, and put its new sha256 on the card"
    corpus, *splits = found
    if not any(each.answered for each in found):
        first = corpus.missing[0] if corpus.missing else splits[0].missing[0]
        what = f"it has no output for any text of a run, such as {first.text[:80]!r}, so no score and no vector"
        yield Mismatch(where, what, record)
    elif why := shortfall(card, corpus.answered, corpus.texts):
        ways = [f"for a vector {record}", *_lower(corpus)]
        what = f"{why}, first: {corpus.missing[0].text[:80]!r}, so {_WITHOUT_VECTOR}"
        yield Mismatch(where, what, ", or ".join(ways))
    for each in splits:
        if not each.answered and (unread := _unread(card.columns, each.missing)):
            what = f"it has no score on {each.text_set[1]}, whose texts have {unread} that its columns do not name"
            yield Mismatch(where, what, "name them under `columns` on the card")


def _lower(corpus: Coverage) -> list[str]:
    """Return the coverage that a card may ask for instead, where the outputs that there are could give a vector."""
    if corpus.outputs < 2:
        return []
    digits = 2
    while not (share := corpus.answered * 10**digits // corpus.texts):
        digits += 1
    return [f"write `min_coverage: {share / 10**digits:g}` there"]


def _unread(columns: Columns, texts: Sequence[Example]) -> str:
    """Return what texts hold that a card's columns do not name."""
    further = (
        ("choices", not columns.choices and any(text.choices for text in texts)),
        ("fields", any(name not in columns.fields for text in texts for name, _ in text.fields)),
        ("a second text", not columns.text_pair and any(text.text_pair is not None for text in texts)),
    )
    return ", ".join(name for name, is_unread in further if is_unread)

"""Predict: every subject answers the corpus, and the test splits of the datasets that it is meant for.

An answer set is part predictions/`key`, and what it is worth, where the text set is labelled, part scores/`scores`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas import progress
from taskatlas.analyze.freetext import MEASURES
from taskatlas.plan.answers import datasets_counted_by, fit_cards
from taskatlas.plan.demonstrations import demonstrations_of
from taskatlas.plan.items import AnswerSet, ModelWork, TextSet
from taskatlas.plan.project import Project
from taskatlas.predict.holdout import fitted_on
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import LabelMap, Model, ModelContext
from taskatlas.predict.needs import Needs
from taskatlas.predict.predict import SubjectAnswers, answer_subjects, distinct
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import PromptCard
from taskatlas.stages.kept import KeptAnswers, joined, kept_answers, without
from taskatlas.stages.scoring import score
from taskatlas.stages.worth import worth_of_anybodys


def answer(project: Project, work: ModelWork, device: str) -> dict[str, Any]:
    """Let one model's subjects answer what is missing, one text set after another.

    The texts of a text set are encoded once for all prompts, and only those that it did not hold before are answered.
    What is finished is kept, so an interrupted run resumes at
    the first text set that is missing.

    Returns:
        The model's name, how many answer sets it has, and how many were computed.
    """
    card = project.registry.models[work.model]
    progress.expect("predict", len(work.answer_sets), "answer sets")
    answered = [each for each in work.answer_sets if project.parts.has("predictions", each.key)]
    for each in answered:  # of which nothing but the scores is missing
        texts = texts_of(project, each.text_set[0], each.examples)
        _write_scores(project, each, texts, project.parts.read("predictions", each.key), device)
        progress.advance("predict")
    missing = sorted(set(work.answer_sets) - set(answered), key=lambda each: (each.text_set, each.subject))
    if not missing:
        return {"model": work.model, "answer_sets": work.total, "computed": 0}
    prompts = {each.prompt: project.registry.prompts[each.prompt] if each.prompt else None for each in missing}
    model = loaded(project, work.text_sets, card, device, prompts.values())
    for _, group in groupby(missing, key=lambda each: each.text_set):
        batch = list(group)
        texts = texts_of(project, batch[0].text_set[0], batch[0].examples)
        kept = {each: kept_answers(project.parts, each, texts) if not card.looks_up else None for each in batch}
        for (needs, text_ids), alike in _asked_alike(kept).items():
            asked = without(texts, text_ids) if text_ids else texts
            named = [prompts[each.prompt] for each in alike]
            answers = answer_subjects(model, card, named, asked, needs=needs) if asked.num_rows else {}
            for each in alike:
                of_subject = _all_answers(kept[each], answers.get(each.subject), texts, needs)
                _write(project, each, texts, of_subject, device)
    return {"model": work.model, "answer_sets": work.total, "computed": len(missing)}


def _asked_alike(
    kept: Mapping[AnswerSet, KeptAnswers | None],
) -> dict[tuple[Needs | None, tuple[str, ...]], list[AnswerSet]]:
    """Return the answer sets by what texts are split for, and by the texts that are answered already."""
    found: dict[tuple[Needs | None, tuple[str, ...]], list[AnswerSet]] = {}
    for each, before in kept.items():
        found.setdefault((each.needs, before.text_ids if before else ()), []).append(each)
    return found


def _all_answers(
    kept: KeptAnswers | None, made: SubjectAnswers | None, texts: pa.Table, needs: Needs | None
) -> SubjectAnswers:
    if kept is not None:
        return joined(kept, made, texts, needs)
    assert made is not None, "what is not kept is made"
    return made


def _write(project: Project, answer_set: AnswerSet, texts: pa.Table, answers: SubjectAnswers, device: str) -> None:
    """Keep an answer set, and what it is worth."""
    rows, counts, seconds = answers
    project.parts.write("predictions", answer_set.key, rows, {"counts": dict(counts), "seconds": dict(seconds)})
    _write_scores(project, answer_set, texts, rows, device)
    progress.advance("predict")


def loaded(
    project: Project, text_sets: Iterable[TextSet], card: ModelCard, device: str, prompts: Iterable[PromptCard | None]
) -> Model:
    """Return a model with all that it takes besides its card, once for all text sets: its weights may be large.

    Args:
        project: the project.
        text_sets: everything that was ingested.
        card: of the model.
        device: as in `predict.device.choose_device`.
        prompts: that it is asked by.
    """
    examples = {each.name: each.examples for each in text_sets if each.kind == "dataset"}
    where = (project.folder, project.parts, device)
    if card.fit is None:
        demonstrations = demonstrations_of(project, prompts, examples)
        surrogate = project.registry.surrogate
        label_maps = _label_maps(project, card, examples)
        context = ModelContext(*where, demonstrations=demonstrations, label_maps=label_maps, surrogate=surrogate)
        return load_model(card, context)
    encoder, dataset = fit_cards(project, card, card.fit)
    train = split_of(project, examples[card.fit.dataset], "train")
    return load_model(card, ModelContext(*where, train.filter(pa.array(fitted_on(card.fit, train))), encoder, dataset))


def _label_maps(project: Project, card: ModelCard, examples: Mapping[str, str]) -> list[LabelMap]:
    return [
        LabelMap(each.label_map, distinct(project.parts.read("examples", examples[each.name])))
        for each in datasets_counted_by(project, card)
    ]


def _write_scores(project: Project, answers: AnswerSet, test: pa.Table, rows: pa.Table, device: str) -> None:
    """Keep what an answer set is worth, and what that is held against: who compares them later computes neither."""
    if answers.scores is not None:
        subject, card = project.subjects[answers.subject], project.registry.datasets[answers.text_set[1]]
        project.parts.write("scores", answers.scores, score(project, card, subject, test, rows, device))
        if card.labels == "text" and card.ranked_by not in MEASURES:
            worth_of_anybodys(project, card, test, device)


def texts_of(project: Project, kind: str, examples: str) -> pa.Table:
    """Return the texts that subjects answer: a corpus whole, a dataset's test split.

    Args:
        project: the project.
        kind: 'dataset' or 'corpus'.
        examples: key of the examples.
    """
    return split_of(project, examples, "corpus" if kind == "corpus" else "test")


def split_of(project: Project, examples: str, split: str) -> pa.Table:
    """Return one split of the examples under a key, in the schema of the table examples."""
    rows = project.parts.read("examples", examples)
    return rows.filter(pc.equal(rows["split"], split))

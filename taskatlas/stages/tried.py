"""What was tried: a subject's kept calls on a dataset, and what they say of its score there.

A batch is part tried/`key`: rows of answers, and in its manifest what the subject's student expected of each text and,
as `level`, of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.analyze.scores import score_numbers
from taskatlas.plan.project import Project
from taskatlas.recommend.merits import Floats
from taskatlas.recommend.posterior import Estimate
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.scoring import AnsweredTexts, answered_texts, merits_of
from taskatlas.trying.counted import counted

FEWEST_NUMBERS = 4
"""Answers that a rank correlation is told from."""


class Tried(NamedTuple):
    """What a subject's calls on a dataset say.

    Attributes:
        texts: those that it answered, with what is right.
        asked: how many it was asked about.
        estimate: of its score on all of them; None where it answered nothing, or too little for a correlation.
    """

    texts: AnsweredTexts
    asked: int
    estimate: Estimate | None


def tried_on(
    project: Project, card: DatasetCard, subject: Subject, keys: Sequence[str], test: pa.Table, first: int | None = None
) -> Tried:
    """Return what a subject's batches say.

    Args:
        project: the project.
        card: the dataset.
        subject: who answered.
        keys: of its batches there.
        test: the dataset's test split, in the schema of the table examples.
        first: of how many texts, in the order in which they were asked about; None of all.
    """
    manifests = [project.parts.manifest("tried", key) for key in keys]
    asked = [text for manifest in manifests for text in manifest["asked"]][:first]
    rows = [TABLES["predictions"].schema.empty_table(), *(project.parts.read("tried", key) for key in keys)]
    answers = pa.concat_tables(rows)
    answers = answers.filter(pc.is_in(answers["text_id"], pa.array(asked, pa.string())))
    texts = answered_texts(card, subject, project.registry.labels(subject), test, answers)
    if card.labels == "number":
        return Tried(texts, len(asked), _of_numbers(texts))
    if not len(texts.rows):
        return Tried(texts, len(asked), None)
    chances, level = _expected(manifests, test.take(pa.array(texts.rows))["text_id"].to_pylist())
    return Tried(texts, len(asked), counted(merits_of(project, card, texts), chances, level, test.num_rows))


def _of_numbers(texts: AnsweredTexts) -> Estimate | None:
    if len(texts.rows) < FEWEST_NUMBERS:
        return None
    score = score_numbers(texts.answers, texts.labels)
    return Estimate(score.value, score.low, score.high, score.n)


def _expected(manifests: Sequence[Mapping[str, object]], ids: Sequence[str]) -> tuple[Floats, float]:
    """What the student expected of the answered texts, and of all texts. Where batches come from different students, as
    after the corpus changed, each is moved to the level of the newest."""
    newest, chances = float(manifests[-1]["level"]), {}  # type: ignore[arg-type]
    for manifest in manifests:
        moved = newest - float(manifest["level"])  # type: ignore[arg-type]
        chances.update({text: chance + moved for text, chance in manifest["chances"].items()})  # type: ignore[attr-defined]
    return np.asarray([chances[text] for text in ids], np.float64), newest

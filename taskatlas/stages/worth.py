"""What free answers are worth by the metric of their dataset's card.

What it takes besides the texts is made where answers are scored, and kept: whoever asks later finds it there.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from taskatlas.analyze.freetext import MEASURES, measured_texts
from taskatlas.analyze.nearness import similar_texts
from taskatlas.plan.project import Project
from taskatlas.recommend.baseline import THE_TEXT, answer_in_brief, commonest
from taskatlas.recommend.merits import Floats
from taskatlas.schemas.cards import DatasetCard
from taskatlas.stages.bases import output_vectors


def worth_of_texts(
    project: Project, card: DatasetCard, answers: Sequence[str], right: Sequence[Sequence[str]], device: str
) -> Floats:
    """Return what each of n answers is worth, float64 [n].

    Args:
        project: the project.
        card: the dataset, whose labels are texts.
        answers: n texts.
        right: n times one right answer or more.
        device: where the surrogate reads texts that it has not read yet, as in `predict.device.choose_device`.

    Raises:
        ModelError: texts are to be read, and the surrogate's weights cannot be loaded.
    """
    if card.ranked_by in MEASURES:
        return measured_texts(card.ranked_by, answers, right)
    texts = sorted({*answers, *(each for of in right for each in of)} - {""})
    vectors = output_vectors(project, texts, device) if texts else ()
    return similar_texts(answers, right, dict(zip(texts, vectors, strict=True)))


def worth_of_anybodys(project: Project, card: DatasetCard, test: pa.Table, device: str) -> dict[str, Floats]:
    """Return what answers to a test split are worth that anybody can give, by how they are called: the commonest right
    ones, and the text itself. For the arguments see `worth_of_texts`."""
    right, texts = test["answers"].to_pylist(), test["text"].to_pylist()
    given = {answer_in_brief(answer): [answer] * len(right) for answer in commonest(right)} | {THE_TEXT: texts}
    return {name: worth_of_texts(project, card, answers, right, device) for name, answers in given.items()}

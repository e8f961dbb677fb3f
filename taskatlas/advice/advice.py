"""The advice on texts of one's own, as tables and plain sentences, which a release's adviser gives."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from taskatlas.schemas.columns import count, number, table, text

NEAREST = table(
    "nearest",
    "a dataset that is near to the texts in a space",
    "method neighbor",
    text("method", "text: by what the texts are about; crosscov and student: by which labels they have, too."),
    text("neighbor_kind", "'dataset'."),
    text("neighbor", "Name of the dataset."),
    number("similarity", "Cosine of the two vectors."),
    count("rank", "1 is the nearest."),
)
SUBJECTS = table(
    "subjects",
    "a subject that may do well on the texts: the best forecast first, of the nearest dataset first where borrowed",
    "subject borrowed_from",
    text("subject", "Name of the subject: model/prompt, or the model alone where it takes no prompt."),
    text("model", "Name of the model's card."),
    text("prompt", "Name of the prompt's card; null for a model without prompts.", nullable=True),
    text("metric", "accuracy; spearman where it is borrowed from a dataset of numbers."),
    number("forecast", "Expected accuracy on the texts; of what is borrowed, the forecast that was published."),
    number("low", "Lower end of the 90% interval."),
    number("high", "Upper end of the 90% interval."),
    count("n", "Labelled texts that the forecast used."),
    number("fidelity", "Agreement of the student with its subject on corpus texts it was not fitted on."),
    text("basis", "'own labels', or 'borrowed' from a dataset."),
    text("borrowed_from", "The dataset that forecast and measured are of; null with labels.", nullable=True),
    number("similarity", "Of that dataset to the texts, in the space text; null with labels.", nullable=True),
    number("measured", "Measured score on that dataset; null where nobody measured it.", nullable=True),
)
ANSWERS = table(
    "answers",
    "what the student of a subject answers to a text",
    "position subject",
    count("position", "Position of the text, from 1."),
    text("text", "The cleaned text."),
    text("label", "Its own label; null where none was given.", nullable=True),
    text("subject", "Name of the subject."),
    text("answer", "The output text with the highest score."),
    number("share", "Its share of the scores of all output texts, 0 to 1; no calibrated probability."),
)


@dataclass(frozen=True)
class Advice:
    """What to try on texts of one's own.

    Attributes:
        release: the release that it comes from.
        n: number of texts.
        labelled: whether they have labels.
        nearest: rows as NEAREST says.
        subjects: rows as SUBJECTS says.
        answers: rows as ANSWERS says, of the best few subjects.
        notes: what to know before trusting it, a sentence each.
    """

    release: str
    n: int
    labelled: bool
    nearest: pa.Table
    subjects: pa.Table
    answers: pa.Table
    notes: tuple[str, ...]

"""The baseline: what is reached without any subject, by always answering the commoner class.

For answers that are texts it is the best of a few answers that need no subject, the text itself among them. The
commoner class is that of the test split itself, though nobody knows it beforehand: where classes are about as common,
that of the train split is another one half of the time, and a subject that leans to one class would look able by luck.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskatlas.recommend.merits import Floats

CONSTANTS = 5
"""Of the commonest answers so many are tried as an answer to everything."""
THE_TEXT = "the text itself"
NOTHING = "nothing"
_BRIEF = 60
_HELD = {"accuracy": "class", "spearman": "number"}


def label_called(metric: str) -> str:
    """Return what a label of a dataset is called, by the metric that its subjects are ranked by.

    >>> label_called("accuracy"), label_called("spearman"), label_called("rouge_l")
    ('class', 'number', 'answer')
    """
    return _HELD.get(metric, "answer")


@dataclass(frozen=True)
class Baseline:
    """What a candidate has to beat.

    Attributes:
        score: of always answering `label`; 0 for Spearman's correlation of numbers.
        label: the commoner class, or the answer that reaches most; None for numbers.
        only: the one class, number or answer that the test split holds; None where there are several. Nothing can be
            measured there: whoever always answers that is always right, and no order can be told of one number.
    """

    score: float
    label: str | None = None
    only: str | None = None


def of_numbers(test: Sequence[float]) -> Baseline:
    """Return the baseline of a dataset of numbers: a constant has no rank correlation.

    >>> of_numbers([3.0, 3.0]).only, of_numbers([3.0, 4.0]).only
    ('3', None)

    Args:
        test: values of the test split.
    """
    return Baseline(0.0, only=f"{test[0]:g}" if len(set(test)) == 1 else None)


def of_classes(train: Sequence[str], test: Sequence[str]) -> Baseline:
    """Return the baseline of a dataset of classes: the most that one answer to all texts reaches on the test split.

    Of classes that are equally common there it is the one that is commoner in the train split, then the first by name.
    Where a split is empty the other stands in.

    >>> of_classes(["no", "no", "yes"], ["no", "yes", "yes", "yes"])
    Baseline(score=0.75, label='yes', only=None)

    Args:
        train: labels of the train split.
        test: labels of the test split.
    """
    seen, held = Counter(train or test), Counter(test or train)
    label = min(held, key=lambda name: (-held[name], -seen[name], name))
    only = next(iter(held)) if test and len(held) == 1 else None
    return Baseline(held[label] / held.total(), label, only)


def commonest(right: Sequence[Sequence[str]]) -> list[str]:
    """Return the right answers that most texts have, the commonest first; of equally common ones the first by name.

    >>> commonest([["yes"], ["no", "No"], ["yes", "Yes"]])
    ['yes', 'No', 'Yes', 'no']

    Args:
        right: the right answers of each text of the test split.
    """
    counts = Counter(answer for own in right for answer in set(own))
    return sorted(counts, key=lambda answer: (-counts[answer], answer))[:CONSTANTS]


def of_texts(worth: Mapping[str, Floats], only: str | None) -> Baseline:
    """Return the baseline of a dataset of free answers: of a few answers that anybody can give, the one that reaches
    most.

    Args:
        worth: what each of the answers is worth on each text of the test split, by how it is called.
        only: as of `Baseline`.
    """
    means = {name: float(each.mean()) if len(each) else 0.0 for name, each in worth.items()}
    label = max(means, key=lambda name: means[name])
    return Baseline(means[label], label, only)


def answer_in_brief(answer: str) -> str:
    """Return how an answer is called in one line.

    >>> answer_in_brief(""), answer_in_brief("It rained all day long, and when it did not rain there was snow")
    ('nothing', 'It rained all day long, and when it did not rain there was s...')
    """
    line = " ".join(answer.split())
    return (line if len(line) <= _BRIEF else f"{line[:_BRIEF]}...") or NOTHING

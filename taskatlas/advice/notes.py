"""Say what a person should know before trusting advice on texts of their own, in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from taskatlas.advice.students import SubjectStudent
from taskatlas.advice.texts import OwnTexts
from taskatlas.embed.interval import NORMAL_90

FEW = 50
LOW_FIDELITY = 0.5
_LISTED = 8


@dataclass(frozen=True)
class KnownTexts:
    """Own texts that the release holds already.

    Attributes:
        corpus: text_ids of those in the corpus.
        splits: (dataset, split) → how many of them it holds.
    """

    corpus: frozenset[str]
    splits: Mapping[tuple[str, str], int]


def of_texts(own: OwnTexts, known: KnownTexts) -> list[str]:
    """Tell of few texts, repeated ones, and those that the release holds already."""
    notes = []
    n = len(own.texts)
    if own.repeated:
        notes.append(f"{_texts(own.repeated)} left out, being there twice.")
    if own.labels and n < FEW:
        notes.append(
            f"{n} labelled texts are few: by chance alone a score of one half on them is off by "
            f"more than {_chance(n):.2f} in one case of ten; on 100 texts by {_chance(100):.2f}."
        )
    if not own.labels and n < FEW:
        notes.append(f"Of {_texts(n)} little can be told about what is near: more would make similarities surer.")
    if known.corpus:
        whole = len(known.corpus) == n
        end = "kept all the same, as they are all of them" if whole else "left out of the forecasts"
        notes.append(f"{_texts(len(known.corpus))} in the corpus, where students saw their subjects' answers; {end}.")
    for (dataset, split), count in sorted(known.splits.items()):
        why = "its scores were measured there" if split == "test" else "a model may have been fitted on them"
        notes.append(f"{_texts(count)} in the {split} split of {dataset}: {why}.")
    return notes


def of_nearest(nearest: pa.Table, method: str | None, usual: float | None) -> list[str]:
    """Tell where even the nearest dataset is far, by what is usual in the project.

    Args:
        nearest: rows as NEAREST says.
        method: by which nearness is judged.
        usual: similarity by that method, from `nearest.usual_similarity`.
    """
    first = [row for row in nearest.to_pylist() if row["method"] == method and row["rank"] == 1]
    if not first or usual is None or first[0]["similarity"] >= usual:
        return []
    return [
        f"No dataset is much like these texts: the nearest, {first[0]['neighbor']}, has a similarity of "
        f"{first[0]['similarity']:.2f} by {method}, and 19 of 20 of the project's own datasets have {usual:.2f} or "
        "more to their nearest."
    ]


def of_borrowed(subjects: pa.Table) -> list[str]:
    """Tell that nothing was forecast for the texts themselves."""
    if not subjects.num_rows:
        return ["Without labels nothing can be forecast, and no dataset of the release has forecasts to borrow."]
    datasets = ", ".join(dict.fromkeys(subjects["borrowed_from"].to_pylist()))
    return [
        "Without labels no accuracy can be forecast for these texts. The figures are those of the datasets that are "
        f"nearest by what the texts are about ({datasets}); whether their labels are what you want, only you can tell."
    ]


def of_forecasts(own: OwnTexts, subjects: pa.Table, students: Collection[SubjectStudent]) -> list[str]:
    """Tell of labels that nobody answers with, models that were fitted on all of the texts, and students that agree
    little with their subjects."""
    answering = [each.subject for each in students if each.classes_of_outputs(own.classes) is not None]
    if not answering:
        return [f"No subject answers with the labels {', '.join(own.classes)}. {_label_sets(students)}"]
    if not subjects.num_rows:
        return ["The models that answer with these labels were fitted on all of these texts: give others."]
    notes = []
    if fitted := sorted(set(answering) - set(subjects["subject"].to_pylist())):
        notes.append(f"No forecast for {_listed(fitted)}: its model was fitted on all of these texts.")
    if unsure := int(np.sum(subjects["fidelity"].to_numpy() < LOW_FIDELITY)):
        notes.append(
            f"{unsure} of {subjects.num_rows} students agree with their subject on fewer than half of the corpus "
            f"texts (fidelity below {LOW_FIDELITY}): trust their forecasts little."
        )
    return notes


def of_no_students() -> list[str]:
    """Tell that the release has no students to forecast with."""
    return ["Without student vectors no accuracy can be forecast for these texts."]


def of_unseen_labels() -> list[str]:
    """Tell that forecasts are withheld."""
    return [
        "No accuracy is forecast: the surrogate sees nothing of these labels, as a student of them tells them no "
        "better than chance. Call the subjects that answer with them on some of the texts and compare."
    ]


def of_left_out(left_out: Mapping[str, str]) -> list[str]:
    """Tell which subjects have no student, by reason."""
    reasons: dict[str, list[str]] = {}
    for subject, reason in left_out.items():
        reasons.setdefault(reason, []).append(subject)
    return [f"No forecast for {_listed(subjects)}: {reason}." for reason, subjects in reasons.items()]


def _label_sets(students: Iterable[SubjectStudent]) -> str:
    counts = Counter(
        " / ".join(each.student.outputs.texts)
        for each in students
        if not each.student.outputs.numeric and not each.student.outputs.free
    )
    if not counts:
        return "No student answers with classes."
    sets = [f"{labels} ({count})" for labels, count in counts.most_common()]
    return f"Labels that subjects answer with: {_listed(sets, '; ')}."


def _chance(n: int) -> float:
    """Return half the width of the 90% interval of a score of one half on n texts."""
    return float(NORMAL_90 * 0.5 / np.sqrt(n))


def _texts(n: int) -> str:
    return f"{n} text{'' if n == 1 else 's'}"


def _listed(names: Sequence[str], separator: str = ", ") -> str:
    return separator.join(names[:_LISTED]) + (f"{separator}..." if len(names) > _LISTED else "")

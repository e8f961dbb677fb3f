"""Labels of one vocabulary as labels of another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt
import yaml

_CUT = 3
"""Letters that tell which label is meant by its beginning."""
_ABBREVIATION = 4
"""Letters of the longest known label that is taken for an abbreviation."""
_NEAR = 0.9
"""Likeness of two labels from which on one is a typing error of the other."""


def map_labels(
    subject_labels: Sequence[str], dataset_labels: Sequence[str], mapping: Mapping[str, str] | None = None
) -> npt.NDArray[np.int64] | None:
    """Return which of the dataset's labels each of the subject's labels stands for.

    Args:
        subject_labels: C labels that the subject can answer.
        dataset_labels: K labels of the dataset.
        mapping: subject's label → dataset's label, where they are named differently.

    Returns:
        int64 [C], indices into `dataset_labels`, −1 where a label stands for none; or None where a label of the dataset
        cannot be reached, so that the subject cannot be scored on it. Names are compared without case.

    >>> map_labels(["Negative", "good"], ["positive", "negative"], {"good": "positive"})
    array([1, 0])
    >>> map_labels(["positive"], ["positive", "negative"]) is None
    True
    """
    indices = label_positions(subject_labels, dataset_labels, mapping)
    reachable = set(label_positions(dataset_labels, dataset_labels).tolist())
    return None if reachable - set(indices.tolist()) else indices


def label_positions(
    given: Sequence[str], dataset_labels: Sequence[str], mapping: Mapping[str, str] | None = None
) -> npt.NDArray[np.int64]:
    """Return which of the dataset's labels each of C labels that were given stands for, as `map_labels` does, whether
    or not all of the dataset's are among them: int64 [C], −1 for none.

    >>> label_positions(["Negative", "perhaps"], ["positive", "negative"])
    array([ 1, -1])
    """
    names = {folded(source): folded(target) for source, target in (mapping or {}).items()}
    positions = {folded(label): position for position, label in enumerate(dataset_labels)}
    found = [positions.get(names.get(folded(label), folded(label)), -1) for label in given]
    return np.asarray(found, np.int64)


def other_spellings(found: Iterable[str], known: Sequence[str]) -> dict[str, str]:
    """Return, of labels that were found, those that are probably known ones written otherwise: in other letters of
    case, with punctuation, cut short, or with a typing error. What may be two of them is left out.

    >>> other_spellings(["NEGATIVE", "pos.", "mixed"], ["negative", "positive"])
    {'NEGATIVE': 'negative', 'pos.': 'positive'}
    """
    known_bare = {label: bare(label) for label in known}
    meant = {}
    for label in found:
        for alike in (_same, _cut_short, _near):
            if matches := [each for each in known if alike(bare(label), known_bare[each])]:
                if len(matches) == 1 and label not in known:
                    meant[label] = matches[0]
                break
    return meant


def lead_back(found: Collection[str], known: Sequence[str]) -> str:
    """Return the advice for labels that a card does not know: the `label_map` that leads them to those that it knows;
    empty where none is probably one of these.

    >>> lead_back(["NEGATIVE", "1"], ["negative", "positive"])
    'write `label_map: {NEGATIVE: negative}` in the card, and mend the other 1'
    """
    meant = other_spellings(sorted(found), known)
    if not meant:
        return ""
    others = len(set(found)) - len(meant)
    return f"write `label_map: {to_paste(meant)}` in the card" + (f", and mend the other {others}" if others else "")


def to_paste(content: Mapping[str, object]) -> str:
    """Return fields as YAML on one line, in their order, as a person pastes them into a card.

    >>> to_paste({"Yes": "yes", "pos": "positive"})
    "{'Yes': 'yes', pos: positive}"
    """
    return yaml.safe_dump(
        dict(content), default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
    ).strip()


def bare(label: str) -> str:
    """Return the letters and digits of a name alone, without case.

    >>> bare("Sci/Tech.")
    'scitech'
    """
    return "".join(letter for letter in label.casefold() if letter.isalnum())


def _same(one: str, other: str) -> bool:
    """Not of numbers, of which a sign or a point makes others, nor of single letters: C++ is no C#."""
    return len(one) > 1 and one == other and not one.isdigit()


def _cut_short(one: str, other: str) -> bool:
    """A known label may be an abbreviation of one word; science is none of science fiction."""
    shorter, longer = sorted((one, other), key=len)
    abbreviates = longer != one or len(shorter) <= _ABBREVIATION
    return abbreviates and len(shorter) >= _CUT and longer.startswith(shorter) and not shorter.isdigit()


def _near(one: str, other: str) -> bool:
    if one in other or other in one or _digits(one) != _digits(other) or one[:-1] == other[:-1]:
        return False  # unsafe is no safe, 4 stars are no 5 stars, class A is no class B
    return SequenceMatcher(None, one, other).ratio() >= _NEAR


def _digits(label: str) -> str:
    return "".join(filter(str.isdigit, label))


def folded(label: str) -> str:
    """Return a label as labels are compared: without case, and with single spaces.

    >>> folded(" Very  Good")
    'very good'
    """
    return " ".join(label.casefold().split())


def in_brief(names: Sequence[str]) -> str:
    """Return names for a line: the first six of them.

    >>> in_brief(["a", "b"]), in_brief("abcdefgh")
    ('a, b', 'a, b, c, d, e, f, ...')
    """
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")

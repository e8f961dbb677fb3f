"""The labels that a person names → the choices of a template that stand for them."""

from __future__ import annotations

from collections.abc import Sequence

from taskatlas.cards.labels import bare
from taskatlas.errors import InputError


def labels_of(choices: Sequence[str], labels: Sequence[str], *, in_order: bool) -> tuple[str, ...]:
    """Return the label of each choice: the one that is called like it, else the one at its place.

    Names agree whatever their case, white space and punctuation.

    Args:
        choices: in their order.
        labels: as many, in any order where they are called like the choices.
        in_order: whether the first choice stands for the first label, where names do not tell.

    Raises:
        InputError: there are more or fewer labels than choices; some are called like choices at other places, and
            others like none; or nothing tells which is which.

    >>> labels_of(["Negative.", "Positive."], ["positive", "negative"], in_order=True)
    ('negative', 'positive')

    """
    if len(labels) != len(choices):
        raise InputError(f"it has {len(choices)} answer choices, and --labels names {len(labels)}")
    label_of_name = dict(zip(_names(labels), labels, strict=True))
    named = [label_of_name.get(name) for name in _names(choices)]
    if all(named):
        return tuple(filter(None, named))
    for choice, own, label in zip(choices, named, labels, strict=True):
        if own not in (None, label):
            raise InputError(
                f"--labels puts {label!r} at the place of its choice {choice!r}, and {own!r} at another; write the"
                f" labels in the order of its choices: {', '.join(choices)}"
            )
    if not in_order:
        what = "it picks its choice by a rule of its own, so they may not be in the order of --labels"
        raise InputError(f"{what}; call the labels like its choices: {', '.join(choices)}")
    return tuple(labels)


def _names(words: Sequence[str]) -> list[str]:
    """Return words as they are compared; with their punctuation where it alone tells them apart."""
    plain = [bare(word) for word in words]
    return plain if all(plain) and len(set(plain)) == len(plain) else [word.strip().casefold() for word in words]

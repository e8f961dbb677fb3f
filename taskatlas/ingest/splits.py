"""Splits: which examples are the test split, where the source does not say.

By the content hash of the text alone, so that a row that is added moves no other. Only where a class would be missing
from one of the splits, its example that is nearest to the border changes sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from taskatlas.hashing import digest
from taskatlas.ingest.picker import CleanedRow


def with_splits(examples: Sequence[CleanedRow], test_fraction: float) -> list[CleanedRow]:
    """Return the examples, each in train or test.

    A class of two examples or more is in both splits; one of a single example is in train.

    Args:
        examples: distinct ones; those of split 'all' get one.
        test_fraction: the share that is to be tested.
    """
    shares = {each.text_id: _share(each) for each in examples if each.split == "all"}
    tested = {text_id for text_id, share in shares.items() if share < test_fraction}
    of_label: dict[str, list[str]] = {}
    for each in examples:
        if each.split == "all" and each.label is not None:
            of_label.setdefault(each.label, []).append(each.text_id)
    for ids in of_label.values():
        lowest, highest = min(ids, key=shares.__getitem__), max(ids, key=shares.__getitem__)
        if tested.isdisjoint(ids) and len(ids) > 1:
            tested.add(lowest)
        elif tested.issuperset(ids):
            tested.discard(highest)
    return [
        replace(each, split="test" if each.text_id in tested else "train") if each.split == "all" else each
        for each in examples
    ]


def _share(example: CleanedRow) -> float:
    """Return where a text stands between 0 and 1."""
    return int(digest("split", example.text_id)[:13], 16) / 16**13

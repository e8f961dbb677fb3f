"""Good rows → the examples that are used: without duplicates, split, and sampled.

Every choice follows from the content hash of the text alone. So the order of rows, the path of the file and the date
change nothing; a row that is added moves no other row to the other split; and a text that two datasets share is in the
same split of both, where their cards leave the split to the hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.errors import InputError
from taskatlas.hashing import digest, digest_set, text_id
from taskatlas.ingest.duplicates import NearIndex, sketch
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.schemas.tables import TABLES


@dataclass(frozen=True)
class _Example:
    text_id: str
    split: str
    text: str
    text_pair: str | None
    label: str | None = None
    value: float | None = None

    @property
    def precedence(self) -> tuple[bool, str]:
        """Return the key by which the first of several rows with one text stays: test split, then content hash."""
        return self.split != "test", digest("precedence", self.text_id, self.label, self.value)


class _Picker:
    """Takes texts that are not near duplicates of what was taken before, nor of barred texts, and counts both."""

    def __init__(self, barred: NearIndex | None = None) -> None:
        self._barred = barred
        self._taken = NearIndex()
        self._seen: set[str] = set()
        self.n_near = self.n_barred = 0

    def pick(self, candidates: Iterable[_Example], limit: int | None) -> list[_Example]:
        """Return the first `limit` candidates that can be taken; one that was a candidate before is passed over."""
        picked: list[_Example] = []
        for each in candidates:
            if limit is not None and len(picked) >= limit:
                break
            if each.text_id not in self._seen and self._take(each):
                picked.append(each)
        return picked

    def _take(self, each: _Example) -> bool:
        self._seen.add(each.text_id)
        new_sketch = sketch(each.text, each.text_pair)
        if self._barred is not None and self._barred.has_half_near(each.text, each.text_pair):
            self.n_barred += 1
        elif self._taken.has_near(new_sketch):
            self.n_near += 1
        else:
            self._taken.add(new_sketch)
            return True
        return False


def select_dataset(
    card: DatasetCard, rows: pa.Table, *, train_limit: int, test_limit: int
) -> tuple[pa.Table, dict[str, int]]:
    """Select the examples of a dataset.

    Test texts are picked first, and a train text that equals or nearly equals one of them is removed. At most
    `train_limit` and `test_limit` examples are picked by content hash; the train split gets at least one of each class.

    Args:
        card: the dataset's card.
        rows: good rows as `read_dataset` gives them.
        train_limit: most examples of the train split.
        test_limit: most examples of the test split.

    Returns:
        A table of the schema of `examples`, sorted by text_id; and counts: n_train, n_test, n_duplicates (exact ones in
        the whole source, near ones as far as rows were looked at to fill the limits), n_conflicting (texts that were
        there with several labels: one is kept, by content hash).

    Raises:
        InputError: a split, or a class in the train split, would be empty.
    """
    examples = [_example(row) for row in rows.to_pylist()]
    distinct, n_conflicting = _distinct(examples, "dataset")
    with_split = [_with_split(each, card.test_fraction) for each in distinct]
    picker = _Picker()
    test = picker.pick([each for each in with_split if each.split == "test"], test_limit)
    train = _pick_train(card, [each for each in with_split if each.split == "train"], picker, train_limit)
    _require_both(card, train, test)
    counts = {
        "n_train": len(train),
        "n_test": len(test),
        "n_duplicates": len(examples) - len(distinct) + picker.n_near,
        "n_conflicting": n_conflicting,
    }
    return _table("dataset", card.name, train + test), counts


def select_corpus(
    card: CorpusCard, rows: pa.Table, test_texts: Iterable[tuple[str, str, str | None]]
) -> tuple[pa.Table, dict[str, int]]:
    """Select the texts of a corpus.

    A text leaks if it, or its second text, equals or nearly equals the (first) text of a labelled test example. A text
    that several sources hold counts as one of the first of them.

    Args:
        card: the corpus' card; each source gives at most its `limit` of texts, chosen by content hash.
        rows: good rows as `read_corpus` gives them.
        test_texts: (text_id, text, text_pair) of the test examples of every dataset, in any order.

    Returns:
        A table of the schema of `examples`, sorted by text_id, with origin_kind and split 'corpus'; and counts:
        n_texts, n_duplicates, n_leaked (near duplicates and leaks as far as rows were looked at to fill the limits).

    Raises:
        InputError: no text is left.
    """
    tested = NearIndex.of(sorted({text for _, text, _ in test_texts}))
    picker, picked, seen = _Picker(tested), list[_Example](), set[str]()
    for index, source in enumerate(card.sources):
        examples = [_example(row) for row in rows.filter(pc.field("source") == index).to_pylist()]
        distinct, _ = _distinct(examples, "corpus")
        new = [each for each in distinct if each.text_id not in seen]
        seen.update(each.text_id for each in new)
        picked += picker.pick(new, source.limit)
    if not picked:
        what = f"no text is left; {picker.n_barred} are test texts"
        todo = "add texts that are not test texts of the registry's datasets"
        raise InputError(what, where=f"corpus {card.name}", todo=todo)
    counts = {
        "n_texts": len(picked),
        "n_duplicates": rows.num_rows - len(seen) + picker.n_near,
        "n_leaked": picker.n_barred,
    }
    return _table("corpus", card.name, picked), counts


def content_id(examples: pa.Table) -> str:
    """Return the content id of examples: their texts, splits and labels, whatever their order and dataset."""
    columns = (examples[name].to_pylist() for name in ("split", "text_id", "label", "value"))
    return digest_set(digest(*row) for row in zip(*columns, strict=True))


def _example(row: dict[str, Any]) -> _Example:
    text, pair = row["text"], row["text_pair"]
    value = row.get("value")
    label = None if "value" in row else row.get("label")
    return _Example(text_id(text, pair), row["split"], text, pair, label, value)


def _distinct(examples: Sequence[_Example], kind: str) -> tuple[list[_Example], int]:
    """Return one example per text, in the order in which they are sampled; and how many texts had labels that disagree.

    Datasets and corpora are sampled in different orders: a corpus drawn from a dataset's file is not just its examples.
    """
    groups: dict[str, list[_Example]] = {}
    for each in examples:
        groups.setdefault(each.text_id, []).append(each)
    kept = [min(group, key=lambda each: each.precedence) if len(group) > 1 else group[0] for group in groups.values()]
    conflicts = sum(len({(each.label, each.value) for each in group}) > 1 for group in groups.values())
    return sorted(kept, key=lambda each: digest("order", kind, each.text_id)), conflicts


def _with_split(example: _Example, test_fraction: float) -> _Example:
    """Return the example with its split; by content hash where the source has no splits."""
    if example.split != "all":
        return example
    share = int(digest("split", example.text_id)[:13], 16) / 16**13
    return replace(example, split="test" if share < test_fraction else "train")


def _pick_train(card: DatasetCard, candidates: list[_Example], picker: _Picker, limit: int) -> list[_Example]:
    """Pick the first of each class, then the others in their order."""
    if len(card.class_labels) > limit:
        what = f"a train_limit of {limit} leaves no example for some of {len(card.class_labels)} labels"
        raise InputError(what, where=f"dataset {card.name}", todo="raise train_limit in atlas.yaml")
    of_label: dict[str | None, list[_Example]] = {}
    for each in candidates:
        of_label.setdefault(each.label, []).append(each)
    train: list[_Example] = []
    for label in sorted(card.class_labels):
        first = picker.pick(of_label.get(label, []), 1)
        if not first:
            raise _missing_class(card, label, has_rows=label in of_label)
        train += first
    return train + picker.pick(candidates, limit - len(train))


def _missing_class(card: DatasetCard, label: str, *, has_rows: bool) -> InputError:
    if has_rows:
        what = f"all train rows labelled {label!r} equal or nearly equal other rows"
        todo = "add rows with other texts"
    else:
        what = f"no row of the train split is labelled {label!r}"
        by_hash = "" if "{split}" in card.source else ", lower test_fraction"
        todo = f"add rows of it{by_hash}, or take it from labels: in the card"
    return InputError(what, where=f"dataset {card.name}", todo=todo)


def _require_both(card: DatasetCard, train: list[_Example], test: list[_Example]) -> None:
    where = f"dataset {card.name}"
    for split, examples in (("train", train), ("test", test)):
        if not examples:
            by_file = "{split}" in card.source
            todo = f"add rows to its {split} source" if by_file else "add rows, or change test_fraction in the card"
            raise InputError(f"the {split} split has no examples", where=where, todo=todo)
    if card.labels == "number" and len({each.value for each in train}) == 1:
        what = f"all train rows have the value {train[0].value}"
        raise InputError(what, where=where, todo="add rows with other values")


def _table(kind: str, name: str, examples: list[_Example]) -> pa.Table:
    rows = [
        {
            "origin_kind": kind,
            "origin": name,
            "split": each.split if kind == "dataset" else "corpus",
            "text_id": each.text_id,
            "text": each.text,
            "text_pair": each.text_pair,
            "label": each.label,
            "value": each.value,
        }
        for each in sorted(examples, key=lambda each: each.text_id)
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["examples"].schema)

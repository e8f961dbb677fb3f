"""Good rows → the examples that are used: without duplicates, split, and sampled.

Every choice follows from the content hash of the text alone. So the order of rows, the path of the file and the date
change nothing; a row that is added moves no other row to the other split; and a text that two datasets share is in the
same split of both, where their cards leave the split to the hash. Only where a class would be missing from a split does
one example of it change sides (`taskatlas.ingest.splits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.errors import InputError
from taskatlas.hashing import digest, digest_set, text_id
from taskatlas.ingest.duplicates import NearIndex
from taskatlas.ingest.picker import CleanedRow, Picker
from taskatlas.ingest.splits import with_splits
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.schemas.tables import TABLES

ALIKE = 0.2
"""Share of near duplicates with the same label from which on the texts of a dataset are alike by nature, as form
letters are: then all of them stay."""


def select_dataset(
    card: DatasetCard, rows: pa.Table, *, train_limit: int, test_limit: int
) -> tuple[pa.Table, dict[str, int]]:
    """Select the examples of a dataset.

    Test texts are picked first, and a train text that equals or nearly equals one of them with the same label is
    removed. At most `train_limit` and `test_limit` examples are picked by content hash, at least one of each class in
    both splits where there is one and the limit allows it. Near duplicates stay where the card says so, or where it
    says nothing and they are more than `ALIKE` of the texts.

    Args:
        card: the dataset's card.
        rows: good rows as `read_dataset` gives them.
        train_limit: most examples of the train split.
        test_limit: most examples of the test split.

    Returns:
        A table of the schema of `examples`, sorted by text_id; and counts: n_train, n_test, n_duplicates (exact ones
        that were removed, in the whole source), n_conflicting (texts that were there with several labels: one is kept,
        by content hash), and, as far as rows were looked at to fill the limits, n_near_duplicates (removed),
        n_near_kept (that stayed as the texts are alike by nature), n_near_conflicting (near duplicates with another
        label, which stay).

    Raises:
        InputError: a split, or a class in the train split, would be empty.
    """
    examples = [_example(row) for row in rows.to_pylist()]
    distinct, n_conflicting = _distinct(examples, "dataset")
    with_split = with_splits(distinct, card.test_fraction)
    limits = (train_limit, test_limit)
    picker, n_alike = Picker(keep_near=card.near_duplicates == "keep"), 0
    train, test = _pick(card, with_split, picker, *limits)
    if card.near_duplicates is None and picker.n_near > ALIKE * picker.n_seen:
        n_alike, picker = picker.n_near, Picker(keep_near=True)
        train, test = _pick(card, with_split, picker, *limits)
    _require_classes(card, train, with_split)
    _require_both(card, train, test)
    counts = {
        "n_train": len(train),
        "n_test": len(test),
        "n_duplicates": len(examples) - len(distinct),
        "n_conflicting": n_conflicting,
        "n_near_duplicates": picker.n_near,
        "n_near_conflicting": picker.n_conflicting,
        "n_near_kept": n_alike,
    }
    return _table("dataset", card.name, train + test), counts


def _pick(
    card: DatasetCard, examples: Sequence[CleanedRow], picker: Picker, train_limit: int, test_limit: int
) -> tuple[list[CleanedRow], list[CleanedRow]]:
    """The train and the test examples."""
    if len(card.class_labels) > train_limit:
        what = f"a train_limit of {train_limit} leaves no example for some of {len(card.class_labels)} labels"
        raise InputError(what, where=f"dataset {card.name}", todo="raise train_limit in atlas.yaml")
    tested = [each for each in examples if each.split == "test"]
    test = _first_of_each(card, tested, picker) if len(card.class_labels) <= test_limit else []
    test += picker.pick(tested, test_limit - len(test))
    candidates = [each for each in examples if each.split == "train"]
    train = _first_of_each(card, candidates, picker)
    train += picker.pick(candidates, train_limit - len(train))
    return train, test


def _first_of_each(card: DatasetCard, candidates: Sequence[CleanedRow], picker: Picker) -> list[CleanedRow]:
    """Pick the first of each class that has one."""
    of_label: dict[str | None, list[CleanedRow]] = {}
    for each in candidates:
        of_label.setdefault(each.label, []).append(each)
    return [each for label in sorted(card.class_labels) for each in picker.pick(of_label.get(label, []), 1)]


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
        n_texts, n_duplicates (exact ones), n_near_duplicates and n_leaked (as far as rows were looked at to fill the
        limits).

    Raises:
        InputError: no text is left.
    """
    tested = NearIndex.of(sorted({text for _, text, _ in test_texts}))
    picker, picked, seen = Picker(tested), list[CleanedRow](), set[str]()
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
        "n_duplicates": rows.num_rows - len(seen),
        "n_near_duplicates": picker.n_near,
        "n_leaked": picker.n_barred,
    }
    return _table("corpus", card.name, picked), counts


def content_id(examples: pa.Table) -> str:
    """Return the content id of examples: their texts, splits and labels, whatever their order and dataset."""
    columns = (examples[name].to_pylist() for name in ("split", "text_id", "label", "value", "answers"))
    return digest_set(digest(*row, *(answers or ())) for *row, answers in zip(*columns, strict=True))


def _example(row: dict[str, Any]) -> CleanedRow:
    text, pair = row["text"], row["text_pair"]
    value = row.get("value")
    label = None if "value" in row or "answers" in row else row.get("label")
    fields, choices = tuple(row.get("fields") or ()), tuple(row.get("choices") or ())
    found = text_id(text, pair, fields, choices)
    return CleanedRow(found, row["split"], text, pair, label, value, fields, choices, tuple(row.get("answers") or ()))


def _distinct(examples: Sequence[CleanedRow], kind: str) -> tuple[list[CleanedRow], int]:
    """Return one example per text, in the order in which they are sampled; and how many texts had labels that disagree.
    Answers that are text do not disagree: all that were there with a text are right.

    Datasets and corpora are sampled in different orders: a corpus drawn from a dataset's file is not just its examples.
    """
    groups: dict[str, list[CleanedRow]] = {}
    for each in examples:
        groups.setdefault(each.text_id, []).append(each)
    kept = [_merged(group) if len(group) > 1 else group[0] for group in groups.values()]
    conflicts = sum(len({(each.label, each.value) for each in group}) > 1 for group in groups.values())
    return sorted(kept, key=lambda each: digest("order", kind, each.text_id)), conflicts


def _merged(group: Sequence[CleanedRow]) -> CleanedRow:
    """Return the first of several rows with one text, with the right answers of all of them after its own."""
    first = min(group, key=lambda each: each.precedence)
    others = sorted({answer for each in group for answer in each.answers} - set(first.answers))
    return replace(first, answers=(*first.answers, *others))


def _require_classes(card: DatasetCard, train: Sequence[CleanedRow], examples: Sequence[CleanedRow]) -> None:
    there = {each.label for each in examples if each.split == "train"}
    if card.columns.choices:
        return  # a choice may be offered, and be right nowhere
    for label in sorted(set(card.class_labels) - {each.label for each in train}):
        raise _missing_class(card, label, has_rows=label in there)


def _missing_class(card: DatasetCard, label: str, *, has_rows: bool) -> InputError:
    if has_rows:
        what = f"all train rows labelled {label!r} equal or nearly equal other rows"
        todo = "add rows with other texts, or set near_duplicates: keep in the card"
    else:
        what = f"no row of the train split is labelled {label!r}"
        todo = "add rows of it, or take it from labels: in the card"
    return InputError(what, where=f"dataset {card.name}", todo=todo)


def _require_both(card: DatasetCard, train: list[CleanedRow], test: list[CleanedRow]) -> None:
    where = f"dataset {card.name}"
    for split, examples in (("train", train), ("test", test)):
        if not examples:
            by_file = "{split}" in card.source
            todo = f"add rows to its {split} source" if by_file else "add rows, or change test_fraction in the card"
            raise InputError(f"the {split} split has no examples", where=where, todo=todo)
    if card.labels == "text" and len({each.answers for each in train}) == 1:
        what = f"all train rows have the answer {train[0].answers[0][:80]!r}"
        raise InputError(what, where=where, todo="add rows with other answers")
    if card.labels == "number" and len({each.value for each in train}) == 1:
        what = f"all train rows have the value {train[0].value}"
        raise InputError(what, where=where, todo="add rows with other values")


def _table(kind: str, name: str, examples: list[CleanedRow]) -> pa.Table:
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
            "fields": list(each.fields) or None,
            "choices": list(each.choices) or None,
            "answers": list(each.answers) or None,
        }
        for each in sorted(examples, key=lambda each: each.text_id)
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["examples"].schema)

"""A card → all its rows, cleaned, good and bad; and the key under which the work on them is found again.

A row keeps its number in the source, so that a bad one can be found there. Whether it is bad (no text, a label that the
card does not know, ...) is decided by `taskatlas.validate`; only a source that is wrong as a whole stops here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from taskatlas.cards.labels import lead_back
from taskatlas.errors import InputError
from taskatlas.ingest.answers import read_answers
from taskatlas.ingest.cells import Lists
from taskatlas.ingest.choicelabels import READ_AS, labels_of_choices
from taskatlas.ingest.choices import read_choices
from taskatlas.ingest.clean import clean_line, clean_text
from taskatlas.ingest.formats import Form
from taskatlas.ingest.sources import Rows, fingerprint, read_source
from taskatlas.schemas.cards import Columns, CorpusCard, CorpusSource, DatasetCard
from taskatlas.schemas.columns import FIELDS, STRINGS
from taskatlas.schemas.graph import GRAPH

ROWS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("text_pair", pa.string()),
    ]
)
"""What all rows have: the row's number in its source (from 1, without the header), 'train', 'test' or 'all', the
cleaned text (empty where there is none), the cleaned second text (null where there is none)."""
FURTHER = (
    pa.field("fields", FIELDS, nullable=False),
    pa.field("choices", STRINGS, nullable=False),
)
"""What rows have besides where their card names fields or choices: the cleaned texts of those that are there, by name,
and the row's own choices, cleaned."""
_UNREAD = {"description", "license", "family", "domain", "source", "measure", "near_duplicates", "language", "metric"}
"""Fields of a dataset's card that change nothing of its rows; the source counts by its bytes."""


def read_dataset(card: DatasetCard, project: Path) -> pa.Table:
    """Read all rows of a dataset, in the order of its source: `ROWS`, `FURTHER` where the card asks for it, and

        label  string | null   the raw label, cleaned, after label_map; spelt as the card spells it
        value  float64 | null  of a "number" dataset only: the label as a finite number
        answers  list<string>  of a "text" dataset only: the right answers, cleaned; the label is then the first of them

    Raises:
        InputError: the source is wrong as a whole, all rows with a known label have the same one, or labels that are
            indices of choices begin at 1.
    """
    splits = read_source(card.source, project, column_names(card.columns, labelled=True), _form(card))
    table = pa.concat_tables(cleaned(split, card.columns) for split in splits)
    raw = [label for split in splits for label in split.columns[card.columns.label]]
    if card.labels == "text":
        return _with_answers(table, raw)
    spelling = {clean_line(label): label for label in card.class_labels}
    mapping = spelling | {clean_line(code): label for code, label in card.label_map.items()}
    labels = [_label(label, mapping) for label in raw]
    if card.columns.choices:
        where = f"dataset {card.name} ({card.source})"
        labels = labels_of_choices(labels, table["choices"].to_pylist(), where)
    table = table.append_column("label", pa.array(labels, pa.string()))
    if card.labels == "number":
        return table.append_column("value", pa.array([_number(label) for label in labels], pa.float64()))
    _require_two_classes(card, labels)
    return table


def _with_answers(table: pa.Table, raw: Iterable[str | None]) -> pa.Table:
    answers = [read_answers(cell) for cell in raw]
    firsts = [own[0] if own else None for own in answers]
    return table.append_column("label", pa.array(firsts, pa.string())).append_column(
        "answers", pa.array(answers, STRINGS)
    )


def read_corpus(card: CorpusCard, project: Path) -> pa.Table:
    """Read all rows of a corpus, source by source: `ROWS`, `FURTHER` where a source asks for it, and

        source  int64  the index in card.sources; `row` counts within (source, split)

    Raises:
        InputError: a source is wrong as a whole.
    """
    tables = []
    for index, each in enumerate(card.sources):
        for split in read_source(each.source, project, column_names(each.columns, labelled=False), _form(each)):
            rows = cleaned(split, each.columns)
            tables.append(rows.append_column("source", pa.array([index] * rows.num_rows, pa.int64())))
    if any("fields" in table.column_names for table in tables):
        tables = [_with_further(table) for table in tables]
    return pa.concat_tables(tables)


def _with_further(table: pa.Table) -> pa.Table:
    """Return rows with the columns of fields and choices, empty where their source names none."""
    for place, field in enumerate(FURTHER, start=len(ROWS)):
        if field.name not in table.column_names:
            table = table.add_column(place, field, pa.array([[]] * table.num_rows, field.type))
    return table


def dataset_key(card: DatasetCard, project: Path) -> str:
    """Return the content id of what `read_dataset` and `select_dataset` depend on, but for the limits.

    It needs the bytes of the source and no rows.

    Raises:
        InputError: the source is malformed or missing.
    """
    fields = card.model_dump(mode="json", exclude=_UNREAD | _unset(card))
    return GRAPH["rows"].key(fields, fingerprint(card.source, project), *_reading(card), first="dataset")


def corpus_key(card: CorpusCard, project: Path) -> str:
    """Return the content id of what `read_corpus` depends on (`select_corpus`: on the test texts, too).

    It needs the bytes of the sources and no rows.

    Raises:
        InputError: a source is malformed or missing.
    """
    prints = [fingerprint(each.source, project) for each in card.sources]
    sources = [each.model_dump(mode="json", exclude={"source"} | _unset(each)) for each in card.sources]
    reading = dict.fromkeys(version for each in card.sources for version in _reading(each))
    return GRAPH["rows"].key(card.name, card.max_chars, sources, prints, *reading, first="corpus")


def _reading(card: DatasetCard | CorpusSource) -> list[int]:
    """Return the version of how choices are read, where rows have some: to all others it does not matter."""
    return [READ_AS] if card.columns.choices else []


def _form(card: DatasetCard | CorpusSource) -> Form:
    answers: Lists = {card.columns.label: "json"} if isinstance(card, DatasetCard) and card.labels == "text" else {}
    return Form(card.encoding, card.delimiter, {**lists_of(card.columns), **answers})


def lists_of(columns: Columns) -> Lists:
    """Return the columns of a card that may hold lists, and how these are read."""
    fields: Lists = dict.fromkeys(columns.fields.values(), "lines")
    # a label may be a list of marks or scores, one for each choice
    choices: Lists = dict.fromkeys([*columns.choice_columns, columns.label] if columns.choices else [], "json")
    return {**fields, **choices}


def _unset(card: DatasetCard | CorpusSource) -> set[str]:
    """Fields that do not count where they are not set: they came after projects had keys."""
    return set() if card.delimiter else {"delimiter"}


def column_names(columns: Columns, *, labelled: bool) -> list[str]:
    """Return the columns of a source that a card asks for."""
    names = (columns.text, columns.text_pair, columns.label if labelled else None)
    return [*(name for name in names if name is not None), *columns.fields.values(), *columns.choice_columns]


def cleaned(raw: Rows, columns: Columns) -> pa.Table:
    """Return what rows of a source hold but for their labels: `ROWS`, and `FURTHER` where their card asks for it."""
    texts = [clean_text(text or "") for text in raw.columns[columns.text]]
    pairs: list[str | None] = [None] * len(texts)
    if columns.text_pair is not None:
        pairs = [clean_text(text or "") or None for text in raw.columns[columns.text_pair]]
    table = pa.table([range(1, len(texts) + 1), [raw.split] * len(texts), texts, pairs], schema=ROWS)
    if not columns.further:
        return table
    fields = [_fields(cells, columns) for cells in _row_wise(raw, [*columns.fields.values()], len(texts))]
    choices = [read_choices(cells) for cells in _row_wise(raw, columns.choice_columns, len(texts))]
    for field, values in zip(FURTHER, (fields, choices), strict=True):
        table = table.append_column(field, pa.array(values, field.type))
    return table


def _row_wise(raw: Rows, names: Sequence[str], n: int) -> Iterable[tuple[str | None, ...]]:
    return zip(*(raw.columns[name] for name in names), strict=True) if names else ((),) * n


def _fields(cells: Sequence[str | None], columns: Columns) -> list[tuple[str, str]]:
    """Return name and cleaned text of the fields that a row has."""
    named = zip(columns.fields, (clean_text(cell or "") for cell in cells), strict=True)
    return sorted((name, text) for name, text in named if text)


def _label(raw: str | None, mapping: Mapping[str, str]) -> str | None:
    label = clean_line(raw or "")
    return mapping.get(label, label) or None


def _number(label: str | None) -> float | None:
    """Return the finite number that a label is, as a person would write it (Python's 1_000 is not)."""
    if label is None or "_" in label:
        return None
    try:
        value = float(label)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _require_two_classes(card: DatasetCard, labels: Iterable[str | None]) -> None:
    present = set(labels) - {None}
    known = present & set(card.class_labels)
    if len(known) == 1 and card.columns.choices and present == known:
        what, todo = f"the right choice of every row is {known.pop()}", "mix the choices of each row, or add other rows"
        raise InputError(what, where=f"dataset {card.name} ({card.source})", todo=todo)
    if len(known) == 1:
        others = sorted(str(label)[:40] for label in present - known)[:5]
        seen = f"; labels that the card does not know: {', '.join(others)}" if others else ""
        raise InputError(
            f"the only label of the card that any row has is {known.pop()!r}{seen}",
            where=f"dataset {card.name} ({card.source})",
            todo=lead_back([str(label) for label in present - known], card.class_labels)
            or "add rows of the other labels, or set labels: or label_map: in the card",
        )

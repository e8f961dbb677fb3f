"""A file of labelled rows → a dataset of a project: its card, drafted and tried out, and its data beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskatlas.adding.columns import ChosenColumns, ColumnOptions, choose_columns
from taskatlas.adding.family import choose_family
from taskatlas.adding.files import DataFiles, data_files
from taskatlas.adding.guesses import Ask, DraftedField
from taskatlas.adding.labels import ChosenLabels, choose_labels
from taskatlas.adding.rows import RowsAsBrought, read_rows
from taskatlas.errors import CardError
from taskatlas.importers.advice import OTHER_NAME, by_options
from taskatlas.importers.report import State
from taskatlas.importers.write import Additions, checked_card
from taskatlas.ingest.read import read_dataset
from taskatlas.ingest.select import select_dataset
from taskatlas.registry.load import load
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import DatasetCard
from taskatlas.validate import validate_rows

_MOST_CHARS = 1_000_000
"""Of a text, whatever a card says."""


@dataclass(frozen=True)
class DatasetOptions(ColumnOptions):
    """What a person says of a dataset and its columns; None and empty: to be guessed."""

    name: str | None = None
    family: str | None = None
    domain: str | None = None
    description: str | None = None
    license: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    replace: bool = False


@dataclass(frozen=True)
class AddedDataset:
    """What became of a file.

    Attributes:
        card: the dataset's card.
        state: 'imported', 'there already' where an equal card was there, or 'replaced' where another one gave way.
        was: what a card that gave way said and this one does not; '' where none did.
        guesses: what the card rests on.
        copied: the files of the project that were written beside it.
        counts: of the rows: rows, n_train, n_test, and those that are left out: quarantined, n_duplicates,
            n_conflicting, n_near_duplicates.
    """

    card: DatasetCard
    state: State
    was: str
    guesses: tuple[DraftedField, ...]
    copied: tuple[str, ...]
    counts: Mapping[str, int]


def add_dataset(folder: Path, path: Path, options: DatasetOptions, ask: Ask | None = None) -> AddedDataset:
    """Draft a dataset's card from a file, hold the file's rows to it, and write it.

    What is there stays as it is, unless it is to be replaced.

    Args:
        folder: the project.
        path: a file, a path with {split}, or a folder with a train and a test file. It is copied into the project where
            it lies outside.
        options: what a person says.
        ask: asks a person for the family; None: it is guessed.

    Raises:
        CardError: the project does not hold together, or another card has the name.
        InputError: the file cannot be read, nothing in it looks like texts or labels, or it cannot be split.
        UnknownNameError: it has no column of the name.
        ValidationError: too many rows are bad.
        StoreError: the project cannot be written.
    """
    registry = load(folder)
    files = data_files(path)
    with by_options():
        card, guesses = _draft(files, options, registry, ask)
        counts = _tried(card.model_copy(update={"source": files.pattern}), registry)
    copies = {} if files.within(folder) else files.copied(card.name)
    additions = Additions(registry, replace=options.replace)
    was = additions.replaced_content(card)
    state, copied = _write(card, copies, additions)
    return AddedDataset(card, state, was, tuple(guesses), copied, counts)


def _draft(
    files: DataFiles, options: DatasetOptions, registry: Registry, ask: Ask | None
) -> tuple[DatasetCard, list[DraftedField]]:
    rows = read_rows(files, options.encoding, options.delimiter)
    columns = choose_columns(rows.columns, options, files.shown, rows.repeated, rows.within)
    labels = _labels(columns, rows, options, files.shown)
    name = options.name or files.name
    alike = [card for card in registry.datasets.values() if _is_alike(card, columns)]
    family = choose_family(labels.labels, name, alike, options.family, ask)
    fields = {
        "name": name,
        "family": family.value,
        "domain": options.domain or "unknown",
        "description": options.description or f"{rows.n_rows:,} rows of {files.shown}",
        **({"license": options.license} if options.license else {}),
        "source": files.within(registry.folder) or files.source(name),
        **_of_columns(columns),
        **_of_labels(labels),
        **_of_form(rows),
    }
    guesses = [*rows.guesses, *columns.guesses, *labels.guesses, family]
    if long_texts := _long_texts(columns, rows, registry.project.quarantine_limit):
        fields["max_chars"] = int(long_texts.value)
        guesses.append(long_texts)
    return checked_card(DatasetCard, fields), guesses


def _labels(columns: ChosenColumns, rows: RowsAsBrought, options: DatasetOptions, shown: str) -> ChosenLabels:
    if columns.choices:
        return ChosenLabels(columns.choices.labels, columns.choices.label_map)
    return choose_labels(rows.cells[columns.label], options.labels, f"{shown}, column {columns.label!r}")


def _is_alike(card: DatasetCard, columns: ChosenColumns) -> bool:
    """Return whether both datasets have choices of each row, or neither, and the same fields."""
    return bool(card.columns.choices) == bool(columns.choices) and card.columns.fields.keys() == columns.fields.keys()


def _of_columns(columns: ChosenColumns) -> dict[str, Any]:
    pair = {"text_pair": columns.text_pair} if columns.text_pair else {}
    fields = {"fields": dict(columns.fields)} if columns.fields else {}
    own = columns.choices.columns if columns.choices else ()
    choices = {"choices": own[0] if len(own) == 1 else own} if own else {}
    return {"columns": {"text": columns.text, **pair, "label": columns.label, **fields, **choices}}


def _of_labels(labels: ChosenLabels) -> dict[str, Any]:
    return {"labels": labels.labels, **({"label_map": dict(labels.label_map)} if labels.label_map else {})}


def _of_form(rows: RowsAsBrought) -> dict[str, Any]:
    """Return what readers would not find out by themselves."""
    return {"encoding": rows.form.encoding, **({"delimiter": rows.form.delimiter} if rows.form.delimiter else {})}


def _long_texts(columns: ChosenColumns, rows: RowsAsBrought, limit: float) -> DraftedField | None:
    """Let texts be as long as they are, where leaving them out would be too much."""
    usual: int = DatasetCard.model_fields["max_chars"].default
    texts = rows.cells[columns.text]
    n_long = sum(len(text) > usual for text in texts)
    if n_long <= limit * len(texts):
        return None
    longest = min(max(map(len, texts)), _MOST_CHARS)
    return DraftedField("max_chars", str(longest), f"as {n_long} texts have more than {usual:,} characters")


def _tried(card: DatasetCard, registry: Registry) -> dict[str, int]:
    """Hold the rows to the card as a run would."""
    project = registry.project
    rows = read_dataset(card, registry.folder)
    good = validate_rows(rows, card, quarantine_limit=project.quarantine_limit).good
    _, counts = select_dataset(card, good, train_limit=project.train_limit, test_limit=project.test_limit)
    return {"rows": rows.num_rows, "quarantined": rows.num_rows - good.num_rows, **counts}


def _write(card: DatasetCard, copies: Mapping[str, Path], additions: Additions) -> tuple[State, tuple[str, ...]]:
    """Write the card, and the copies first, as it names them; nothing where something stands in the way."""
    try:
        state = additions.state(card)
        states = {path: additions.file_state(path, file) for path, file in copies.items()}
        if copies:
            additions.require_own_source(card)
    except CardError as error:
        error.todo = error.todo or OTHER_NAME
        raise
    for path, file in copies.items():
        additions.write_file(path, file)
    additions.write(card)
    written = tuple(path for path, each in states.items() if each != "there already")
    return "replaced" if "replaced" in states.values() else state, written

"""Files of transfers → cards of known transfers in a project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from taskatlas.errors import InputError
from taskatlas.importers.known import KnownFile, as_csv, card_for, import_known
from taskatlas.importers.report import Outcome
from taskatlas.importers.scores.measured import Faults
from taskatlas.importers.scores.near import near_misses
from taskatlas.importers.scores.sheet import read_sheet
from taskatlas.importers.transfers.written import KnownTransfer, TransferOptions, counted, transfers_of
from taskatlas.ingest.known import TRANSFER_COLUMNS
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import KnownTransfersCard

_SHOWN = 3
"""Near misses that are told of a file."""


def import_transfers(folder: Path, files: Sequence[Path], options: TransferOptions) -> list[Outcome]:
    """Write a card of known transfers for each file; nothing that is there is changed.

    Args:
        folder: the project.
        files: CSV, TSV, JSON, JSONL or Parquet, with a row per transfer or a matrix of sources × targets.
        options: what a person says of the files.

    Returns:
        What became of each file, and of what in it cannot be taken, in the order of the files.

    Raises:
        CardError: the project does not hold together.
        StoreError: it cannot be written.
    """
    return import_known(folder, files, partial(_read, options))


def _read(options: TransferOptions, file: Path, registry: Registry) -> KnownFile:
    faults = Faults({})
    transfers, notes = transfers_of(read_sheet(file, options.encoding), options, faults)
    if not transfers:
        reason = f" ({next(iter(faults.found))})" if faults.found else ""
        raise InputError(f"holds no transfer{reason}", todo="name another file, or say which column is what")
    content = as_csv(TRANSFER_COLUMNS, ((*each[:3], repr(each.gain)) for each in transfers))
    card = card_for(KnownTransfersCard, file, content, f"Transfers of {file.name}: {counted(transfers)}")
    note = "; ".join([counted(transfers), *notes, *_near(transfers, registry)])
    return KnownFile(card, content, note, [*faults.outcomes(file)])


def _near(transfers: Sequence[KnownTransfer], registry: Registry) -> Iterator[str]:
    """Yield, for a person, how many names are datasets of the project, and which nearly are."""
    names = dict.fromkeys(name for each in transfers for name in (each.target, each.source))
    yield f"{len(names.keys() & registry.datasets.keys()) or 'none'} of them here"
    for name, known in list(near_misses(names, registry.datasets).items())[:_SHOWN]:
        yield f"no dataset is called {name!r}: did you mean {known!r}?"

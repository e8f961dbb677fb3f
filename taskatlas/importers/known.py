"""What somebody else measured → a card in a project that pins its file; what is there already stays as it is."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from taskatlas.cards.names import card_name
from taskatlas.errors import CardError, StoreError, TaskatlasError
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.write import Additions, card_path, checked_card
from taskatlas.ingest.known import KnownCard
from taskatlas.registry.load import load
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import KnownScoresCard, KnownTransfersCard

_Card = TypeVar("_Card", KnownScoresCard, KnownTransfersCard)


class KnownFile(NamedTuple):
    """A file, read.

    Attributes:
        card: names and pins its content.
        content: what the card's file holds.
        note: what was taken for what, for a person.
        left: what of it cannot be taken.
    """

    card: KnownCard
    content: bytes
    note: str
    left: list[Outcome]


def import_known(folder: Path, files: Sequence[Path], read: Callable[[Path, Registry], KnownFile]) -> list[Outcome]:
    """Write a card for each file; nothing that is there is changed.

    Args:
        folder: the project.
        files: what is imported.
        read: reads one of them beside the project.

    Returns:
        What became of each file, and of what in it cannot be taken, in the order of the files.

    Raises:
        CardError: the project does not hold together.
        StoreError: it cannot be written.
    """
    registry = load(folder)
    additions = Additions(registry)
    outcomes: list[Outcome] = []
    for file in files:
        try:
            outcomes += _import_one(file, read(file, registry), additions)
        except StoreError:
            raise
        except TaskatlasError as error:
            outcomes.append(left_out(str(file), "", error))
    return outcomes


def _import_one(file: Path, known: KnownFile, additions: Additions) -> Iterator[Outcome]:
    card = known.card
    try:
        additions.state(card)  # before anything is written
    except CardError as error:
        todo = f"give the newer file another name, such as {card.name}-2{Path(card.source).suffix}"
        raise CardError(error.what, where=error.where, todo=todo) from None
    additions.write_file(card.source, known.content)  # first, as the card names it
    yield Outcome(str(file), "", additions.write(card), card_path(card), known.note)
    yield from known.left


def card_for(kind: type[_Card], file: Path, content: bytes, description: str) -> _Card:
    """Return a card that pins a file's content, called as the file is."""
    name = card_name(file.stem)
    folder = "known_scores" if kind is KnownScoresCard else "known_transfers"
    fields = {
        "name": name,
        "description": description[:500],
        "source": f"{folder}/{name}.csv",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return checked_card(kind, fields)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a card's file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()

"""Tasks of mteb → datasets of a project. Nothing is fetched: their rows are, when a run reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from taskatlas.errors import StoreError, TaskatlasError
from taskatlas.importers.mteb.card import dataset_card
from taskatlas.importers.mteb.names import NamedTask, named_tasks
from taskatlas.importers.mteb.package import Mteb, load_mteb
from taskatlas.importers.mteb.transform import rows_on_hub
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.write import Additions, card_path


def import_tasks(words: Sequence[str], additions: Additions, options: ImportOptions) -> list[Outcome]:
    """Write a card for each task that words name, in each of its subsets, and return what became of each.

    Args:
        words: `mteb:NAME`, `mteb:NAME/SUBSET`, or patterns.
        additions: the project that the cards come to.
        options: what a person says of all of them.

    Raises:
        TaskatlasError: the package mteb is not installed.
        StoreError: the project cannot be written.
    """
    mteb = load_mteb() if words else None
    return [outcome for word in words if mteb for outcome in _outcomes(word, mteb, additions, options)]


def _outcomes(word: str, mteb: Mteb, additions: Additions, options: ImportOptions) -> Iterator[Outcome]:
    try:
        found = named_tasks(word, mteb)
    except TaskatlasError as error:
        yield left_out(word, "", error)
        return
    for named in found:
        yield from _of_task(named, mteb.version, additions, options)


def _of_task(named: NamedTask, version: str, additions: Additions, options: ImportOptions) -> Iterator[Outcome]:
    """One outcome for each subset; one for all of them where the task is no dataset at all."""
    try:
        on_hub = rows_on_hub(named.task)
    except TaskatlasError as error:
        yield left_out(named.name(named.subsets[0] if len(named.subsets) == 1 else None), "", error)
        return
    for subset in named.subsets:
        try:
            card, note = dataset_card(named.task, subset, on_hub, version, options)
            yield Outcome(named.name(subset), "", additions.write(card), card_path(card), note)
        except StoreError:
            raise
        except TaskatlasError as error:
            yield left_out(named.name(subset), "", error)

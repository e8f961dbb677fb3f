"""The id of a release: a content hash of everything that is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from taskatlas.hashing import digest
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import shape_id

FIRST_SHAPES = "25e75cbcc0fcffeb762e"
"""Hash of the tables' columns when release ids did not hash them yet: these leave the id of a release as it was."""


TIMES = ("timed", "seconds_median", "seconds_p95")
"""Columns that hang on the machine and on what else it did: whether they are known is part of a release's id, and not
what they are, as answers that are made anew would make another release of the same."""
LATER = ("known_scores", "known_transfers")
"""Tables that are part of a release's id only where there are rows of them: they came after releases had ids, and where
there are none the release is what it was."""


def release_id(
    parts: Mapping[str, Sequence[str]],
    map_ids: Iterable[str],
    seed_checks: Sequence[str],
    card_tables: Mapping[str, pa.Table],
) -> str:
    """Return the content hash of a release.

    Args:
        parts: keys of the parts of each table.
        map_ids: of the pictures of its spaces.
        seed_checks: their keys.
        card_tables: the tables that hang on what cards say, and on no part's key: a changed description or price
            makes a release, too.
    """
    cards_id = digest({name: [_timeless(row) for row in rows.to_pylist()] for name, rows in card_tables.items()})
    absent = {name for name in LATER if not parts.get(name)}
    shapes = digest({name: shape_id(table.schema) for name, table in TABLES.items() if name not in absent})
    columns = [] if shapes == FIRST_SHAPES else [shapes]
    counted = {name: keys for name, keys in parts.items() if name not in absent}
    return GRAPH["releases"].key(counted, list(map_ids), seed_checks, cards_id, *columns)


def _timeless(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value is not None if name in TIMES else value for name, value in row.items()}

from __future__ import annotations

import pyarrow as pa
import pytest

from taskatlas.errors import StoreError
from taskatlas.store.content import PUBLISHED, prepare
from tests.support.tables import empty, rows, tables


def test_the_hash_is_of_rows_not_of_their_order_or_chunks():
    whole = tables()
    shuffled = {name: table.take(list(reversed(range(table.num_rows)))) for name, table in whole.items()}
    chunked = {
        name: pa.concat_tables([table.slice(row, 1) for row in range(table.num_rows)]) for name, table in whole.items()
    }
    expected = {name: content.sha256 for name, content in prepare(whole).items()}
    assert {name: content.sha256 for name, content in prepare(shuffled).items()} == expected
    assert {name: content.sha256 for name, content in prepare(chunked).items()} == expected


def test_the_hash_changes_with_a_value_and_only_for_its_table():
    one, other = prepare(tables(0.75)), prepare(tables(0.5))
    assert [name for name in PUBLISHED if one[name].sha256 != other[name].sha256] == [
        "scores",
        "recommendations",
    ]


def test_the_hash_of_empty_tables_differs_by_their_columns():
    hashes = {content.sha256 for content in prepare(empty()).values()}
    assert len(hashes) == len(PUBLISHED)


def test_a_repeated_key_is_named_with_its_table():
    twice = rows("scores", *({"subject": "s", "dataset": name, "metric": "f"} for name in ("b", "a", "c", "a", "a")))
    with pytest.raises(StoreError) as raised:
        prepare(tables() | {"scores": twice})
    assert str(raised.value) == (
        "table scores: 2 rows repeat the key (subject, dataset, metric), first subject 's', dataset 'a', metric 'f'. "
        "Remove the rows that were given twice"
    )


def test_keys_that_differ_in_one_column_are_no_duplicates():
    prepare(tables() | {"quarantine": rows("quarantine", {"row": 1}, {"row": 2}, {"row": 1, "split": "test"})})


def test_every_table_must_be_given():
    complete = tables()
    del complete["models"], complete["spaces"]
    with pytest.raises(StoreError, match="missing models, spaces; unknown tasks"):
        prepare(complete | {"tasks": complete["datasets"]})


def test_rows_must_fit_their_table():
    with pytest.raises(StoreError, match="table models: columns"):
        prepare(tables() | {"models": tables()["models"].drop_columns("kind")})

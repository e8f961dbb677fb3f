"""Parts of an older or a newer schema: read as the columns are today, or refused by name; never a raw Arrow error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.errors import DamagedPartError, StoreError
from taskatlas.schemas.columns import number, text
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.parts import SEED_CHECKS
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import Parts, fit, shape_id
from tests.support.tables import tables

Published = Callable[[str, pa.Schema], None]


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "warehouse" / "parts")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    """Gives a table another schema, everywhere."""

    def give(name: str, schema: pa.Schema) -> None:
        if name in TABLES:
            monkeypatch.setitem(TABLES, name, replace(TABLES[name], schema=schema))
        monkeypatch.setitem(GRAPH, name, replace(GRAPH[name], schema=schema))

    return give


TODAY = {name: table.schema for name, table in TABLES.items()}
GIVEN = tables()


def more(name: str, *, nullable: bool = True) -> pa.Schema:
    return TODAY[name].append(text("judge", "Who says so.", nullable=nullable))


def less(schema: pa.Schema, name: str) -> pa.Schema:
    return schema.remove(schema.get_field_index(name))


# doubles, texts that may be null, lists and booleans
NAMES = ("scores", "examples", "predictions", "quality")


@pytest.mark.parametrize("name", NAMES)
def test_a_column_that_came_later_and_may_be_null_is_null(parts: Parts, published: Published, name: str):
    given = GIVEN[name]
    parts.write(name, "old", given, {"counts": {"cut": 1}})
    published(name, more(name))
    read = parts.read(name, "old")
    assert read.schema.equals(TABLES[name].schema)
    assert read.column_names[-1] == "judge"
    assert read["judge"].null_count == read.num_rows == given.num_rows > 0
    assert read.drop_columns("judge").to_pylist() == given.to_pylist()
    assert parts.manifest(name, "old") == {"counts": {"cut": 1}}
    # and what is written from now on lies beside it in one table
    new = given.append_column(TABLES[name].schema.field("judge"), pa.array(["me"] * given.num_rows))
    parts.write(name, "new", new)
    both = pa.concat_tables([read, parts.read(name, "new")])
    assert both["judge"].to_pylist() == [None] * given.num_rows + ["me"] * given.num_rows


def test_it_may_come_anywhere_and_several_may_come(parts: Parts, published: Published):
    parts.write("scores", "old", given := GIVEN["scores"])
    first, last = text("judge", "Who says so.", nullable=True), number("weight", "How much.", nullable=True)
    schema = TODAY["scores"]
    published("scores", pa.schema([first, *reversed([schema.field(place) for place in range(len(schema))]), last]))
    read = parts.read("scores", "old")
    assert read.column_names == ["judge", *reversed(schema.names), "weight"]
    assert read.select(schema.names).to_pylist() == given.to_pylist()


def test_an_older_part_that_says_nothing_of_its_schema_is_read_alike(parts: Parts, published: Published):
    """Parts that were written before there was a note of their schema."""
    parts.write("scores", "old", given := GIVEN["scores"])
    path = parts.path("scores", "old")
    pq.write_table(pq.read_table(path).replace_schema_metadata({"taskatlas": "{}"}), path)
    assert parts.read("scores", "old").equals(given.cast(TABLES["scores"].schema))
    published("scores", more("scores"))
    assert parts.read("scores", "old")["judge"].null_count == given.num_rows


@pytest.mark.parametrize("name", NAMES)
def test_a_column_that_is_no_more_is_not_read(parts: Parts, published: Published, name: str):
    published(name, more(name))
    given = GIVEN[name].append_column(more(name).field("judge"), pa.array(["me"] * GIVEN[name].num_rows))
    parts.write(name, "newer", given)
    published(name, TODAY[name])
    read = parts.read(name, "newer")
    assert read.schema.equals(TODAY[name])
    assert read.to_pylist() == given.drop_columns("judge").to_pylist()


def test_a_column_that_was_renamed_is_a_new_one_and_one_that_is_no_more(parts: Parts, published: Published):
    schema = TODAY["scores"]
    parts.write("scores", "old", given := GIVEN["scores"])
    published("scores", less(schema, "value").append(number("result", "The value.", nullable=True)))
    read = parts.read("scores", "old")
    assert read["result"].null_count == given.num_rows
    assert "value" not in read.column_names


def test_a_new_column_that_must_not_be_null_is_an_error_that_says_so(parts: Parts, published: Published):
    parts.write("scores", "old", GIVEN["scores"])
    published("scores", more("scores", nullable=False))
    with pytest.raises(StoreError, match="part scores/old") as raised:
        parts.read("scores", "old")
    assert not isinstance(raised.value, DamagedPartError), "it is not damaged, and is not set aside"
    assert parts.has("scores", "old")
    assert "judge" in raised.value.what
    assert raised.value.todo, "it says what to do"


def test_a_type_that_cannot_be_followed_is_an_error_that_says_so(parts: Parts, published: Published):
    parts.write("scores", "old", GIVEN["scores"])
    schema = TODAY["scores"]
    place = schema.get_field_index("subject")
    published("scores", schema.set(place, number("subject", "A number now.")))
    with pytest.raises(StoreError, match="part scores/old") as raised:
        parts.read("scores", "old")
    assert not isinstance(raised.value, DamagedPartError)
    assert parts.has("scores", "old")


def test_a_wider_type_is_followed(parts: Parts, published: Published):
    parts.write("seed_checks", "old", pa.table({name: [1] for name in SEED_CHECKS.names}))
    place = SEED_CHECKS.get_field_index("full_dim")
    published("seed_checks", SEED_CHECKS.set(place, pa.field("full_dim", pa.float64())))
    assert parts.read("seed_checks", "old")["full_dim"].to_pylist() == [1.0]


def test_what_is_written_has_to_fit_the_schema_of_today(parts: Parts, published: Published):
    given = GIVEN["scores"]
    published("scores", more("scores", nullable=False))
    with pytest.raises(StoreError, match=r"^table scores: columns "):
        parts.write("scores", "key", given)
    published("scores", more("scores"))
    parts.write("scores", "key", given)
    assert parts.read("scores", "key")["judge"].null_count == given.num_rows, "what may be null may be left out"
    assert fit(given, "scores")["judge"].null_count == given.num_rows
    odd = given.append_column("jugde", pa.array(["me"] * given.num_rows))
    with pytest.raises(StoreError, match=r"^table scores: columns .*unknown jugde"):
        parts.write("scores", "other", odd)
    assert not parts.has("scores", "other")


def test_words_about_columns_are_no_part_of_a_shape():
    schema = TODAY["scores"]
    silent = pa.schema([pa.field(field.name, field.type, field.nullable) for field in schema])
    assert shape_id(silent) == shape_id(schema)
    shapes = [schema, more("scores"), more("scores", nullable=False), less(schema, "n")]
    assert len({shape_id(each) for each in shapes}) == len(shapes)

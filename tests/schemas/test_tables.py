"""The tables' promises: a key among their columns, a meaning for every column, no null in a key."""

from __future__ import annotations

import re

import pytest

from taskatlas.schemas.tables import TABLES

NAMES = [
    "datasets", "models", "prompts", "subjects", "corpora", "spaces", "examples", "predictions", "costs", "forecasts",
    "embeddings", "neighbors", "regions", "maps", "scores", "known_scores", "known_transfers", "transfers",
    "benchmarks", "described", "recommendations", "quality", "quarantine", "releases",
]  # fmt: skip
RELIED_ON = {
    "embeddings": "entity_kind entity method space dim vector",
    "neighbors": "method space entity_kind entity neighbor_kind neighbor similarity rank",
    "maps": "space entity_kind entity x y",
    "scores": "subject dataset metric value low high n",
    "forecasts": "subject dataset metric value low high",
    "predictions": "subject text_id output probabilities",
    "recommendations": "question dataset candidate rank verdict expected low high measured baseline baseline_label",
    "releases": "release published_at",
}


def test_the_tables_are_those_of_the_design_and_releases_is_last():
    assert sorted(TABLES) == sorted(NAMES)
    assert list(TABLES)[-1] == "releases"
    assert all(name == table.name for name, table in TABLES.items())


@pytest.mark.parametrize("name", NAMES)
def test_the_key_is_among_the_columns_and_is_never_null(name: str):
    table = TABLES[name]
    assert table.key
    assert len(set(table.key)) == len(table.key)
    assert set(table.key) <= set(table.schema.names)
    assert not [column for column in table.key if table.schema.field(column).nullable]


@pytest.mark.parametrize("name", NAMES)
def test_every_column_says_what_it_means(name: str):
    table = TABLES[name]
    assert table.row.startswith(("a ", "an ", "the ", "one ", "how "))
    assert len(set(table.schema.names)) == len(table.schema.names)
    for column, _, _, meaning in table.columns():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column)
        assert len(meaning) > 6, f"{name}.{column}"
        assert meaning.endswith("."), f"{name}.{column}"


@pytest.mark.parametrize(("name", "columns"), RELIED_ON.items())
def test_columns_that_others_rely_on_are_there(name: str, columns: str):
    assert set(columns.split()) <= set(TABLES[name].schema.names)

"""Publish: what the stages left becomes a release of all tables, whole or not at all.

Tables are put together, held to their suites, committed to the warehouse, and only then does the catalog that people
query move on to them. Whatever fails on the way, the earlier release stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from taskatlas import progress
from taskatlas.hashing import digest
from taskatlas.project.settings import Environment
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import benchmark, maps, predict, ready, vectors
from taskatlas.stages.cardtables import card_tables, rows_of
from taskatlas.stages.context import Context
from taskatlas.stages.costs import cost_rows
from taskatlas.stages.counted import counted
from taskatlas.stages.forecasts import forecasts_key
from taskatlas.stages.validate import check_tables, results_of, write_data_docs
from taskatlas.store.catalog import rebuild
from taskatlas.store.warehouse import Release, Warehouse

PUBLISH_VERSION = 2
_VARY = ("expect_outputs_to_vary", "A vector needs outputs that differ.")
_EXPECTED = {
    "subject": _VARY,
    "dataset": _VARY,
    "space": ("expect_seeds_to_agree", "A subject is more like itself under another seed than like another subject."),
}


def open_warehouse(context: Context) -> Warehouse:
    """The project's warehouse: in its folder, or where the environment says."""
    environment = Environment()
    uri = environment.catalog_uri.get_secret_value() if environment.catalog_uri else None
    return Warehouse(context.layout.warehouse, catalog_uri=uri, location=environment.warehouse)


def release(context: Context) -> dict[str, Any]:
    """Publish what the stages left, unless the newest release is the same.

    Returns:
        release (its name), created (whether it was published now), counts, and the datasets' names.

    Raises:
        ValidationError: a table breaks its promises; nothing is published.
        StoreError: the warehouse cannot be written, or an earlier stage has not done its part.
    """
    progress.expect("publish", 1, "release")
    ready.require_vectors(context)
    keys, told = _keys(context), _told(context)
    told_id = digest({name: rows.to_pylist() for name, rows in told.items()})
    pictures = maps.map_ids(context)
    release_id = digest("release", PUBLISH_VERSION, keys, pictures, vectors.spread_keys(context), told_id)
    warehouse = open_warehouse(context)
    known = warehouse.releases()
    if known and known[-1].release_id == release_id:
        published, created = known[-1], False
    else:
        published = _publish(context, warehouse, keys, told, release_id)
        created = published.created
        warehouse.expire(context.registry.project.keep_releases)
    # a cache of the warehouse, cheap to make: so it is right again if it was lost, or the project was moved
    rebuild(warehouse, context.layout.catalog)
    progress.advance("publish")
    result = {"release": published.release, "created": created, "counts": _counts(context, keys)}
    context.write_state("publish", {**result, "release_id": release_id})
    return {**result, "datasets": sorted(context.datasets())}


def _keys(context: Context) -> dict[str, list[str]]:
    """Part keys of every table that is put together from parts."""
    origins = context.origins()
    quality = [origin.quality for origin in origins]
    owed = predict.units(context)
    return {
        "examples": [origin.examples for origin in origins],
        "quality": quality,
        "quarantine": quality,
        "predictions": [unit.key for unit in owed],
        "scores": [unit.scores for unit in owed if unit.scores],
        "embeddings": [vector.key for _, vector in vectors.published_vectors(context)],
        "neighbors": vectors.neighbors_keys(context),
        "forecasts": [forecasts_key(context)],
        "benchmarks": [benchmark.benchmark_key(context)],
    }


def _told(context: Context) -> dict[str, pa.Table]:
    """The tables that hang on what cards say, and on no part's key: a changed description or price makes a release,
    too."""
    return {**card_tables(context), "costs": cost_rows(context)}


def _publish(
    context: Context, warehouse: Warehouse, keys: dict[str, list[str]], told: dict[str, pa.Table], release_id: str
) -> Release:
    ready.require_parts(context, keys)
    places, pictures = maps.draw(context, warehouse)
    tables = told | {"spaces": vectors.space_rows(context, pictures), "maps": places}
    for name, parts in keys.items():
        tables[name] = _gather(context, name, parts)
    tables["quality"] = pa.concat_tables([tables["quality"], _flags(context), counted(context)])
    tables["predictions"] = _first_of_each(tables["predictions"], TABLES["predictions"].key)
    results = _check(context, tables, keys["quality"])
    project = context.registry.project.name
    done = warehouse.publish(tables, release_id=release_id, project=project, version=version("taskatlas"))
    write_data_docs(context, results)
    return done


def _check(context: Context, tables: dict[str, pa.Table], quality: list[str]) -> list[dict[str, Any]]:
    """Hold all tables to their suites, add the outcome to the table quality, and return the results for the docs."""
    found, results = check_tables({name: rows for name, rows in tables.items() if name != "quality"})
    tables["quality"] = pa.concat_tables([tables["quality"], found])
    _, own = check_tables({"quality": tables["quality"]})
    return [*results_of(context, quality), *results, *own]


def _flags(context: Context) -> pa.Table:
    """Subjects without a vector, and spaces that do not tell subjects from seeds, as rows of the table quality:
    expectations that GX does not look at."""
    rows = [
        {
            "table_name": "embeddings",
            "origin_kind": flag["entity_kind"],
            "origin": flag["entity"],
            "expectation": _EXPECTED[flag["entity_kind"]][0],
            "column": "vector",
            "success": False,
            "n": 1,
            "n_unexpected": 1,
            "detail": json.dumps({"meaning": _EXPECTED[flag["entity_kind"]][1], "observed": flag["reason"]}),
        }
        for flag in vectors.flags(context)
    ]
    return rows_of("quality", rows)


def _gather(context: Context, name: str, keys: Iterable[str]) -> pa.Table:
    found = [context.parts.read(name, key) for key in dict.fromkeys(keys)]
    return pa.concat_tables(found) if found else TABLES[name].schema.empty_table()


def _first_of_each(rows: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """One row per key: a text that two datasets share is answered once for each, and equally."""
    frame = rows.select(list(key)).to_pandas()
    return rows.filter(pa.array(~frame.duplicated().to_numpy()))


def _counts(context: Context, keys: dict[str, list[str]]) -> dict[str, int]:
    origins = context.origins()
    return {
        "datasets": len(origins) - 1,
        "subjects": len(context.registry.subjects()),
        "corpus_texts": origins[-1].counts["n_texts"],
        "spaces": len(vectors.embedded_methods(context)),
        "vectors": len(keys["embeddings"]),
        "quarantined": sum(origin.counts["n_quarantined"] for origin in origins),
    }

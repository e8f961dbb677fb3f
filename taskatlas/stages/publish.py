"""Publish: what the stages left becomes a release of all tables, whole or not at all.

Tables are put together, held to their suites, committed to the warehouse, and only then does the catalog that people
query move on to them. Whatever fails on the way, the earlier release stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from taskatlas import progress
from taskatlas.embed import shown_methods
from taskatlas.hashing import digest
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import maps
from taskatlas.stages.bases import space_row
from taskatlas.stages.cardtables import card_tables
from taskatlas.stages.costs import cost_rows
from taskatlas.stages.counted import counted
from taskatlas.stages.flags import flag_rows
from taskatlas.stages.releases import open_warehouse
from taskatlas.stages.seed_check import seed_checks_of
from taskatlas.stages.validate import check_tables, results_of, write_data_docs
from taskatlas.store.catalog import rebuild
from taskatlas.store.content import Content, prepare_table
from taskatlas.store.parts import shape_id
from taskatlas.store.warehouse import Release, Warehouse

FIRST_SHAPES = "25e75cbcc0fcffeb762e"
"""Hash of the tables' columns when release ids did not hash them yet: these leave the id of a release as it was."""


def release(plan: Plan) -> dict[str, Any]:
    """Publish what the stages left, unless the newest release is the same.

    Returns:
        release (its name), created (whether it was published now), counts, and the datasets' names.

    Raises:
        ValidationError: a table breaks its promises; nothing is published.
        StoreError: the warehouse cannot be written, or an earlier stage has not done its part.
    """
    progress.expect("publish", 1, "release")
    plan.require_vectors()
    written = {**card_tables(plan), "costs": cost_rows(plan)}
    content_id = release_id(plan, written)
    warehouse = open_warehouse(plan.project)
    known = warehouse.releases()
    if known and known[-1].release_id == content_id:
        published, created = known[-1], False
    else:
        published = _publish(plan, warehouse, written, content_id)
        created = published.created
        plan.renewals_published()
        warehouse.expire(plan.project.registry.project.keep_releases)
    # a cache of the warehouse, cheap to make: so it is right again if it was lost, or the project was moved
    rebuild(warehouse, plan.project.folders.catalog, shown_methods(plan.methods))
    progress.advance("publish")
    result = {"release": published.release, "created": created, "counts": _counts(plan)}
    plan.state.write("publish", {**result, "release_id": content_id})
    return {**result, "datasets": sorted(plan.datasets)}


def release_id(plan: Plan, written: Mapping[str, pa.Table]) -> str:
    """Return the content hash of a release: the parts of its tables, its pictures, what cards say, and the columns.

    Args:
        plan: the plan; every stage before has done its part.
        written: the tables that hang on what cards say, and on no part's key: a changed description or price makes a
            release, too.
    """
    cards_id = digest({name: rows.to_pylist() for name, rows in written.items()})
    shapes = digest({name: shape_id(table.schema) for name, table in TABLES.items()})
    columns = [] if shapes == FIRST_SHAPES else [shapes]
    return GRAPH["releases"].key(plan.table_parts, list(plan.map_ids.values()), plan.seed_checks, cards_id, *columns)


def _publish(plan: Plan, warehouse: Warehouse, written: Mapping[str, pa.Table], content_id: str) -> Release:
    plan.require_parts()
    positions, pictures = maps.draw(plan, warehouse)
    tables = {**written, "maps": positions}
    for name, keys in plan.table_parts.items():
        tables[name] = _gather(plan.project, name, keys)
    checks = seed_checks_of(plan)
    tables["spaces"] = _space_rows(plan, tables["embeddings"], checks, pictures)
    tables["quality"] = pa.concat_tables([tables["quality"], flag_rows(plan, checks), counted(plan)])
    tables["predictions"] = _first_of_each(tables["predictions"], TABLES["predictions"].key)
    contents, results = _checked(plan, tables)
    done = warehouse.publish(
        contents, release_id=content_id, project=plan.project.registry.project.name, version=version("taskatlas")
    )
    write_data_docs(plan, results)
    return done


def _checked(plan: Plan, tables: dict[str, pa.Table]) -> tuple[dict[str, Content], list[dict[str, Any]]]:
    """All tables, held to their suites, with the outcome in the table quality; and the results for the Data Docs."""
    parts = plan.project.parts
    contents = {name: prepare_table(rows, name) for name, rows in tables.items() if name != "quality"}
    outcome, results = check_tables(parts, contents)
    contents["quality"] = prepare_table(pa.concat_tables([tables["quality"], outcome]), "quality")
    _, of_quality = check_tables(parts, {"quality": contents["quality"]})
    return contents, [*results_of(parts, plan.table_parts["quality"]), *results, *of_quality]


def _space_rows(
    plan: Plan,
    embeddings: pa.Table,
    checks: Mapping[str, Mapping[str, Any]],
    pictures: Mapping[str, Mapping[str, Any]],
) -> pa.Table:
    """The table spaces; `checks` has the seed check of each method, `pictures` what is known of a space's picture."""
    dims = dict(zip(embeddings["space"].to_pylist(), embeddings["dim"].to_pylist(), strict=True))
    rows = []
    for method in plan.vectors:
        space = plan.spaces[method]
        measured = {**checks[method], **pictures[space.name]}
        rows.append(space_row(plan.project, space, dims[space.name], measured))
    return pa.concat_tables([TABLES["spaces"].schema.empty_table(), *rows])


def _gather(project: Project, table: str, keys: Iterable[str]) -> pa.Table:
    rows = [project.parts.read(table, key) for key in dict.fromkeys(keys)]
    return pa.concat_tables(rows) if rows else TABLES[table].schema.empty_table()


def _first_of_each(rows: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """One row per key: a text that two datasets share is answered once for each, and equally."""
    frame = rows.select(list(key)).to_pandas()
    return rows.filter(pa.array(~frame.duplicated().to_numpy()))


def _counts(plan: Plan) -> dict[str, int]:
    return {
        "datasets": len(plan.datasets),
        "subjects": len(plan.project.subjects),
        "corpus_texts": plan.corpus.counts["n_texts"],
        "spaces": len(plan.methods),
        "vectors": len(plan.table_parts["embeddings"]),
        "quarantined": sum(text_set.counts["n_quarantined"] for text_set in plan.text_sets),
    }

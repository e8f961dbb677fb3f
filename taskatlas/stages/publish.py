"""Publish: what the stages left becomes a release of all tables, whole or not at all.

Tables are put together, held to their suites, committed to the warehouse, and only then does the catalog that people
query move on to them. Whatever fails on the way, the earlier release stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from taskatlas import progress
from taskatlas.embed import shown_methods
from taskatlas.plan.plan import Plan
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import maps
from taskatlas.stages.bases import space_row
from taskatlas.stages.counted import counted
from taskatlas.stages.flags import flag_rows
from taskatlas.stages.forecast_flags import forecast_flag_rows
from taskatlas.stages.gathered import content_of_parts, gather
from taskatlas.stages.releases import open_warehouse
from taskatlas.stages.seed_check import seed_checks_of
from taskatlas.stages.unread import unread_rows
from taskatlas.stages.validate import check_tables, results_of, write_data_docs
from taskatlas.store.catalog import rebuild
from taskatlas.store.content import Content, prepare_table
from taskatlas.store.warehouse import Release, Warehouse


def standing_release(plan: Plan) -> dict[str, Any] | None:
    """Return what `release` does where the newest release is what the stages left; None where it is another.

    Every stage before has done its part.
    """
    return _standing_release(plan, open_warehouse(plan.project))


def _standing_release(plan: Plan, warehouse: Warehouse) -> dict[str, Any] | None:
    known = warehouse.releases()
    if not known or known[-1].release_id != plan.release_id:
        return None
    return _shown(plan, warehouse, known[-1].release, created=False)


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
    warehouse = open_warehouse(plan.project)
    result = _standing_release(plan, warehouse) or _next_release(plan, warehouse)
    progress.advance("publish")
    return result


def _next_release(plan: Plan, warehouse: Warehouse) -> dict[str, Any]:
    published = _publish(plan, warehouse)
    plan.renewals_published()
    warehouse.expire(plan.project.registry.project.keep_releases)
    return _shown(plan, warehouse, published.release, created=published.created)


def _shown(plan: Plan, warehouse: Warehouse, name: str, *, created: bool) -> dict[str, Any]:
    """Move the catalog on to the newest release, and remember what is in it."""
    # a cache of the warehouse, cheap to make: so it is right again if it was lost, or the project was moved
    rebuild(warehouse, plan.project.folders.catalog, shown_methods(plan.methods))
    result = {"release": name, "created": created, "counts": _counts(plan)}
    plan.state.write("publish", {**result, "release_id": plan.release_id})
    return {**result, "datasets": sorted(plan.datasets)}


def _publish(plan: Plan, warehouse: Warehouse) -> Release:
    plan.require_parts()
    positions, pictures = maps.draw(plan, warehouse)
    checks = seed_checks_of(plan)
    tables = {**plan.card_tables, "maps": positions, "spaces": _space_rows(plan, checks, pictures)}
    contents = {name: prepare_table(rows, name) for name, rows in tables.items()}
    contents |= {
        name: content_of_parts(plan.project.parts, name, keys)
        for name, keys in plan.table_parts.items()
        if name != "quality"
    }
    found = gather(plan.project.parts, "quality", plan.table_parts["quality"])
    flags = (flag_rows(plan, checks), forecast_flag_rows(plan), counted(plan), unread_rows(plan))
    contents, results = _checked(plan, contents, pa.concat_tables([found, *flags]))
    done = warehouse.publish(
        contents, release_id=plan.release_id, project=plan.project.registry.project.name, version=version("taskatlas")
    )
    write_data_docs(plan, results)
    return done


def _checked(
    plan: Plan, contents: Mapping[str, Content], quality: pa.Table
) -> tuple[dict[str, Content], list[dict[str, Any]]]:
    """All tables, held to their suites, with the outcome in the table quality; and the results for the Data Docs."""
    parts = plan.project.parts
    outcome, results = check_tables(parts, contents)
    checked = prepare_table(pa.concat_tables([quality, outcome]), "quality")
    _, of_quality = check_tables(parts, {"quality": checked})
    return {**contents, "quality": checked}, [*results_of(parts, plan.table_parts["quality"]), *results, *of_quality]


def _space_rows(
    plan: Plan, checks: Mapping[str, Mapping[str, Any]], pictures: Mapping[str, Mapping[str, Any]]
) -> pa.Table:
    """The table spaces; `checks` has the seed check of each method, `pictures` what is known of a space's picture."""
    rows = []
    for method, vectors in plan.vectors.items():
        space = plan.spaces[method]
        dim = plan.project.parts.read("embeddings", vectors[0].key)["dim"][0].as_py()  # all of a space are as long
        rows.append(space_row(plan.project, space, dim, {**checks[method], **pictures[space.name]}))
    return pa.concat_tables([TABLES["spaces"].schema.empty_table(), *rows])


def _counts(plan: Plan) -> dict[str, int]:
    return {
        "datasets": len(plan.datasets),
        "subjects": len(plan.project.subjects),
        "corpus_texts": plan.corpus.counts["n_texts"],
        "spaces": len(plan.methods),
        "vectors": len(plan.table_parts["embeddings"]),
        "quarantined": sum(text_set.counts["n_quarantined"] for text_set in plan.text_sets),
    }

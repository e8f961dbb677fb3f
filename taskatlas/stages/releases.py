"""What has been published already: the project's warehouse, and the bases that its newest release was made with."""

from __future__ import annotations

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.project.environment import Environment
from taskatlas.store.warehouse import Warehouse


def open_warehouse(project: Project) -> Warehouse:
    """Return the project's warehouse: in its folder, or where the environment says."""
    environment = Environment()
    uri = environment.catalog_uri.get_secret_value() if environment.catalog_uri else None
    return Warehouse(project.folders.warehouse, catalog_uri=uri, location=environment.warehouse)


def published_bases(plan: Plan, method: str) -> list[str]:
    """Return the content hashes of the bases with which vectors of a method's space were published last.

    None where nothing of the space is published, or somebody asked to begin it anew.

    Raises:
        StoreError: the newest release cannot be read.
    """
    space = plan.spaces[method]
    warehouse = open_warehouse(plan.project)
    if space.space_id in plan.renewed_spaces or not warehouse.releases():
        return []
    return [row["basis_id"] for row in warehouse.table("spaces").to_pylist() if row["space_id"] == space.space_id]

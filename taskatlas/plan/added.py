"""What stages make that are an entry of the graph and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskatlas.errors import StoreError
from taskatlas.plan.items import AddedWork
from taskatlas.schemas.graph import added_stages


def plan_added(part_keys: Mapping[str, Sequence[str]]) -> list[AddedWork]:
    """Return what the added stages make, in the graph's order.

    Args:
        part_keys: keys of all parts that the run has made or found, by kind.

    Raises:
        StoreError: an entry names an input that the run does not list.
    """
    known, works = dict(part_keys), []
    for kind in added_stages():
        if unknown := [name for name in kind.inputs if name not in known]:
            todo = f"choose among {', '.join(sorted(known))} in schemas/graph.py"
            raise StoreError(f"a stage that is an entry of the graph cannot be made from {unknown[0]!r}", todo=todo)
        inputs = {name: tuple(dict.fromkeys(known[name])) for name in kind.inputs}
        key = kind.key({name: sorted(keys) for name, keys in inputs.items()})
        works.append(AddedWork(kind.name, key, inputs))
        known[kind.name] = [key]
    return works

"""Whether the stages before one have done their part; where they have not, which one and what it owes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskatlas.errors import StoreError
from taskatlas.stages import predict
from taskatlas.stages.context import Context
from taskatlas.stages.owed import plan
from taskatlas.stages.vectors import embedded_methods

_STAGES = {
    **dict.fromkeys(("examples", "quality", "quarantine"), "ingest"),
    **dict.fromkeys(("predictions", "scores"), "predict"),
    **dict.fromkeys(("embeddings", "neighbors"), "embed"),
    **dict.fromkeys(("forecasts", "benchmarks"), "benchmark"),
}


def require_answers(context: Context) -> None:
    """The predict stage has answered all that its subjects owe.

    Raises:
        StoreError: it has not, or the ingest stage has not run.
    """
    owed = predict.units(context)
    _require("predict", len(predict.missing(context, owed)), len(owed), "answer sets")


def require_vectors(context: Context) -> None:
    """The embed stage has made every vector of its last methods.

    Raises:
        StoreError: it has not, or a stage before it has not run.
    """
    require_answers(context)
    plans = [plan(context, method) for method in embedded_methods(context)]
    missing = sum(len(each.todo) + each.unmeasured for each in plans)
    _require("embed", missing, sum(len(each.vectors) for each in plans), "vectors")


def require_parts(context: Context, keys: Mapping[str, Sequence[str]]) -> None:
    """Every part that a release is put together from is there.

    Args:
        context: the project.
        keys: part keys by table.

    Raises:
        StoreError: one is missing.
    """
    for table, parts in keys.items():
        missing = sum(not context.parts.has(table, key) for key in parts)
        _require(_STAGES[table], missing, len(parts), f"parts of the table {table}")


def _require(stage: str, missing: int, owed: int, unit: str) -> None:
    if missing:
        since = "has not run yet, or not since something changed"
        what = f"the {stage} stage {since}: {missing} of {owed} {unit} are missing"
        raise StoreError(what, todo=f"run the {stage} flow first, or `taskatlas run`")

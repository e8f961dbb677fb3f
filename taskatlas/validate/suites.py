"""Expectation suites: read from schemas/expectations/*.json and run by Great Expectations.

A suite is in Great Expectations' own JSON form. Two keys of an expectation's `meta` are ours: `when` names the flag
without which the expectation is left out ("classes", "number", "range", "pair"), and `reason` says in words what is
wrong with a row that breaks it.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from taskatlas.errors import ValidationError

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]

_FOLDER = resources.files("taskatlas.schemas") / "expectations"
# Great Expectations keeps its current context in a module-level singleton, and Prefect's runner validates in threads.
_ONE_AT_A_TIME = threading.Lock()


@cache
def suite_names() -> tuple[str, ...]:
    """Return the names of all suites, sorted: "rows" and the published tables."""
    return tuple(
        sorted(entry.name.removesuffix(".json") for entry in _FOLDER.iterdir() if entry.name.endswith(".json"))
    )


def suite(name: str, flags: Collection[str] | None = None) -> Json:
    """Read the suite called `name`, in Great Expectations' JSON form.

    Args:
        name: one of `suite_names()`.
        flags: leave out expectations whose meta names another flag; None keeps all.
    """
    suite_json: Json = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    if flags is not None:
        kept = [entry for entry in suite_json["expectations"] if entry["meta"].get("when") in (None, *flags)]
        suite_json["expectations"] = kept
    return suite_json


def run(
    suite_json: Mapping[str, Any],
    frame: pd.DataFrame,
    parameters: Mapping[str, Any],
    *,
    index: Sequence[str] = (),
    where: str,
) -> Json:
    """Validate a pandas frame.

    Args:
        suite_json: a suite, as `suite` gives it.
        frame: one row per row; the index is not used.
        parameters: values of the suite's {"$PARAMETER": name}.
        index: columns that name a row; with them every unexpected row is listed, without them 20 values of each.
        where: what is validated, for error messages.

    Returns:
        Great Expectations' validation result as JSON, in the order of columns and expectations.

    Raises:
        ValidationError: an expectation could not be evaluated.
    """
    result_format: Json = {"result_format": "SUMMARY"}
    if index:
        result_format = {"result_format": "COMPLETE", "unexpected_index_column_names": list(index)}
    with _ONE_AT_A_TIME:
        gx = great_expectations()
        context = gx.get_context(mode="ephemeral", project_config=_quiet())
        asset = context.data_sources.add_pandas("taskatlas").add_dataframe_asset(suite_json["name"])
        batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": frame})
        result_json: Json = batch.validate(
            gx.ExpectationSuite(**suite_json), result_format=result_format, expectation_parameters=dict(parameters)
        ).to_json_dict()
    for result in result_json["results"]:
        _must_not_have_raised(result, suite_json["name"], where)
    result_json["results"].sort(key=lambda result: (columns_of(result), expectation_of(result)))
    return result_json


def great_expectations() -> Any:
    """Import Great Expectations on first use (it takes seconds), without analytics and chatter."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gx


def _quiet() -> Any:
    """Return the settings of a context that writes nothing anywhere."""
    from great_expectations.data_context.types import base

    return base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=base.ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


def expectation_of(result: Mapping[str, Any]) -> str:
    """Return Great Expectations' name of the expectation that a result is of."""
    return str(result["expectation_config"]["type"])


def columns_of(result: Mapping[str, Any]) -> str:
    """Return the columns that a result is about, with its condition on rows, as one text; '' for the table."""
    settings = result["expectation_config"]["kwargs"]
    named = [settings[key] for key in ("column", "column_A", "column_B") if key in settings]
    columns = ", ".join(named or settings.get("column_list", ()))
    condition = settings.get("row_condition")
    return f"{columns} where {_in_words(condition)}" if condition else columns


def _in_words(condition: Mapping[str, Any]) -> str:
    if condition["type"] == "comparison":
        return f"{condition['column']['name']} {condition['operator']} {condition['parameter']}"
    return str(condition["pass_through_filter"])


def _must_not_have_raised(result: Mapping[str, Any], name: str, where: str) -> None:
    # exception_info is one record, or one record per metric that failed.
    info = result["exception_info"]
    records = [info] if "raised_exception" in info else list(info.values())
    raised = next((record for record in records if record["raised_exception"]), None)
    if raised:
        about = f"{expectation_of(result)} of {columns_of(result) or 'the table'}"
        message = " ".join(str(raised["exception_message"]).split())[:300]
        raise ValidationError(
            f"the expectation {about} could not be evaluated ({message})",
            where=where,
            todo=f"mend schemas/expectations/{name}.json or the columns that it names",
        )

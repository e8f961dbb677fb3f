"""Every table has a suite; every suite accepts good rows, and each of its expectations can be broken."""

from __future__ import annotations

import json
import time

import numpy as np
import pyarrow as pa
import pytest

from taskatlas.schemas.tables import TABLES
from taskatlas.validate import UnmetError, Verdict, suite_names, validate_table
from taskatlas.validate.frames import frame
from taskatlas.validate.suites import great_expectations, suite
from tests.support.accepted_rows import BROKEN, GOOD, NEVER_EMPTY, all_broken, table

CHECKED = [name for name in TABLES if name != "releases"]


def broken(verdict: Verdict) -> set[tuple[str, str]]:
    return {(row["expectation"], row["column"]) for row in verdict.quality.to_pylist() if not row["success"]}


def test_every_table_has_a_suite() -> None:
    assert set(suite_names()) == {*CHECKED, "rows"}


@pytest.mark.parametrize("name", ["rows", *CHECKED])
def test_suite_is_great_expectations_own_form_and_says_what_it_means(name: str) -> None:
    gx = great_expectations()
    loaded = gx.ExpectationSuite(**suite(name))
    assert loaded.name == name
    assert loaded.notes
    assert all(expectation.notes for expectation in loaded.expectations)
    assert len(loaded.expectations) == len(suite(name)["expectations"])


@pytest.mark.parametrize("name", CHECKED)
def test_good_rows_are_accepted(name: str) -> None:
    verdict = validate_table(name, table(name))
    assert verdict.good == table(name)
    assert verdict.quarantine.num_rows == 0
    assert verdict.quality.num_rows == len(suite(name)["expectations"])
    assert set(verdict.quality["origin_kind"].to_pylist()) == {"table"}
    assert set(verdict.quality["table_name"].to_pylist()) == {name}
    assert len({tuple(row[key] for key in TABLES["quality"].key) for row in verdict.quality.to_pylist()}) == len(
        verdict.quality
    )


@pytest.mark.parametrize("name", CHECKED)
def test_each_expectation_can_be_broken(name: str) -> None:
    expected = {(row["expectation"], row["column"]) for row in validate_table(name, table(name)).quality.to_pylist()}
    met: set[tuple[str, str]] = set()
    for rows in [all_broken(name), *([table(name, "none")] if name in NEVER_EMPTY else [])]:
        with pytest.raises(UnmetError, match=f"^table {name}: .*break") as caught:
            validate_table(name, rows)
        met |= broken(caught.value.verdict)
    assert expected - met == set()


@pytest.mark.parametrize("name", [name for name in CHECKED if name not in NEVER_EMPTY])
def test_no_rows_are_fine_where_nothing_is_promised(name: str) -> None:
    validate_table(name, table(name, "none"))


def test_the_message_says_what_is_broken_by_how_many_rows_with_an_example() -> None:
    with pytest.raises(UnmetError) as caught:
        validate_table("neighbors", table("neighbors", {"similarity": 1.5, "rank": 0}))
    assert str(caught.value) == (
        "table neighbors: 1 of 2 rows break 'The nearest is 1' (rank, for example 0); broken expectations in all: 2. "
        "Mend what made these rows, then run again"
    )


def test_the_quality_table_of_a_run_meets_its_own_suite() -> None:
    quality = [validate_table(name, table(name)).quality for name in ("scores", "embeddings", "examples")]
    assert validate_table("quality", pa.concat_tables(quality)).result["success"]


def test_results_are_the_same_for_the_same_rows() -> None:
    first, second = (validate_table("scores", table("scores")).result for _ in range(2))
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)


def test_lists_become_scalars() -> None:
    vectors = pa.array([[3.0, 4.0], None, [], [np.inf, 1.0, -2.0]], pa.list_(pa.float32()))
    rows = pa.table(
        {"v": pa.chunked_array([vectors.slice(0, 3), vectors.slice(3)]), "s": [["a", "a"], [], None, ["b"]]}
    )
    scalars = frame(rows)
    assert scalars["v_length"].tolist()[0] == 2
    assert scalars["v_norm"].tolist()[0] == 5
    assert scalars["v_min"].tolist()[0] == 3
    assert scalars["v_max"].tolist()[3] == np.inf
    assert scalars["v_nonfinite"].tolist()[2:] == [0, 1]
    assert scalars.loc[1, ["v_length", "v_norm", "v_sum", "v_nonfinite"]].isna().all()
    assert np.isnan(scalars["v_min"][2])
    assert scalars["s_length"].tolist()[0] == 2
    assert scalars["s_distinct"].tolist()[0] == 1


def test_a_large_table_is_quick() -> None:
    n = 100_000
    ids = [f"{number:020x}" for number in range(n)]
    half = np.full(2 * n, 0.5, dtype=np.float32)
    lists = pa.ListArray.from_arrays(np.arange(0, 2 * n + 1, 2, dtype=np.int32), half)
    rows = pa.table(
        {
            "subject": ["m/p"] * n, "text_id": ids, "output": ["good"] * n, "label": ["pos"] * n,
            "value": pa.nulls(n, pa.float64()), "probabilities": lists,
        }
    )  # fmt: skip
    began = time.perf_counter()
    validate_table("predictions", rows.cast(TABLES["predictions"].schema))
    assert time.perf_counter() - began < 15


def test_every_table_has_samples() -> None:
    assert set(GOOD) == set(BROKEN) == set(CHECKED)

import io
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from taskatlas.dashboards import grid
from taskatlas.store.reader import Reader

KINDS = """
SELECT 1 AS a, 2 AS a, INTERVAL 1 MONTH AS i, 12345678901234567890::HUGEINT AS h, TIME '01:02:03' AS t,
    'x\\xFFy'::BLOB AS b, {'x': 1} AS s, MAP {'k': 1} AS m, 'a'::ENUM ('a', 'b') AS e, NULL AS n,
    union_value(u := 2) AS u, [1, 2] AS l, [[1.5::DOUBLE]] AS ll, TIMESTAMP 'infinity' AS inf, DATE '0001-01-01' AS d,
    repeat('é', 1000) AS long, 9223372036854775807 AS big, 'nan'::DOUBLE AS nan,
    [INTERVAL 1 DAY] AS li, '<b>"q", x</b>' AS html
"""


@pytest.fixture(scope="module")
def kinds(project) -> pa.Table:
    sql = f"{KINDS} UNION ALL SELECT {', '.join(['NULL'] * 20)}"
    return Reader(project / "warehouse" / "catalog.duckdb").visit(sql).table


def test_a_grid_shows_every_kind_of_value(kinds):
    first, last = grid.preview(kinds).to_pylist()
    assert set(last.values()) == {None}
    assert list(first) == grid.preview(kinds).schema.names
    assert (first["a"], first["a_1"], first["big"]) == (1, 2, 2**63 - 1)
    assert first["h"] == Decimal(12345678901234567890)
    assert (first["s"], first["m"], first["e"], first["l"]) == ('{"x": 1}', '[["k", 1]]', "a", "[1, 2]")
    assert first["long"] == "é" * 300 + "…"
    assert first["html"] == '<b>"q", x</b>'
    assert first["inf"] == "infinity"


def test_csv_holds_every_kind_of_value_in_full(kinds):
    read = pa.csv.read_csv(
        io.BytesIO(grid.csv(kinds)), convert_options=pa.csv.ConvertOptions(column_types={"h": pa.string()})
    )
    first = read.to_pylist()[0]
    assert first["long"] == "é" * 1000
    assert (first["a"], first["a_1"], first["big"], first["h"]) == (1, 2, 2**63 - 1, "12345678901234567890")
    assert json.loads(first["s"]) == {"x": 1}
    assert json.loads(first["ll"]) == [[1.5]]
    assert first["html"] == '<b>"q", x</b>'


def test_parquet_keeps_types_that_it_knows(kinds):
    read = pq.read_table(io.BytesIO(grid.parquet(kinds)))
    assert read.num_rows == 2
    assert read.schema.field("s").type == pa.struct([("x", pa.int32())])
    assert {str(read.schema.field(name).type) for name in ("i", "u", "li")} == {"string"}
    assert read["long"][0].as_py() == "é" * 1000


def test_vectors_are_cut_in_the_grid_and_whole_in_files():
    vectors = np.random.default_rng(0).random((1_000, 8_192)).astype(np.float32)
    table = pa.table({"vector": pa.array(list(vectors), pa.list_(pa.float32()))})
    part = grid.preview(table)
    assert part.num_rows == 1_000
    assert part.nbytes < 200_000
    assert part["vector"][0].as_py().endswith(", … 8,192 in all]")
    assert np.array_equal(np.stack(pq.read_table(io.BytesIO(grid.parquet(table)))["vector"].to_numpy()), vectors)
    line = grid.csv(table.slice(0, 1)).decode().splitlines()[1]
    assert np.array_equal(np.float32(json.loads(json.loads(line))), vectors[0])


def test_what_is_too_large_for_a_browser_is_shown_in_part():
    wide = pa.table({f"column {column}": [f"text {row:015}" for row in range(10_000)] for column in range(120)})
    part = grid.preview(wide)
    assert part.num_columns == grid.COLUMNS
    assert part.num_rows < 10_000
    assert part.slice(0, 3).equals(wide.select(range(grid.COLUMNS)).slice(0, 3))


def test_no_rows_are_files_with_a_head():
    none = pa.table({"a": pa.array([], pa.list_(pa.float32())), "": pa.array([], pa.string())})
    assert grid.preview(none).shape == (0, 2)
    assert grid.csv(none) == b'"a","column"\n'
    assert pq.read_table(io.BytesIO(grid.parquet(none))).schema.names == ["a", "column"]

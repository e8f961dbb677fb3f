from __future__ import annotations

import pytest

from taskatlas.errors import StoreError
from taskatlas.store.parts import Parts
from tests.store.samples import tables


def test_rows_are_counted_as_they_were_written(tmp_path):
    parts = Parts(tmp_path)
    for name in ("predictions", "costs", "quality"):
        given = tables()[name]
        parts.write(name, "key", given, {"counts": {"cut": 1}})
        assert parts.count(name, "key") == given.num_rows == parts.read(name, "key").num_rows
        assert parts.manifest(name, "key") == {"counts": {"cut": 1}}
    parts.write("costs", "none", tables()["costs"].slice(0, 0))
    assert parts.count("costs", "none") == 0


@pytest.mark.parametrize("ask", [Parts.count, Parts.manifest, Parts.read])
def test_a_part_that_is_gone_or_damaged_is_named(tmp_path, ask):
    parts = Parts(tmp_path)
    told = r"the part costs/key\.parquet cannot be read .*[Rr]emove it with `taskatlas invalidate`"
    with pytest.raises(StoreError, match=told):
        ask(parts, "costs", "key")
    parts.write("costs", "key", tables()["costs"])
    path = parts.path("costs", "key")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError, match=told):
        ask(parts, "costs", "key")

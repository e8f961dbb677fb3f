"""Parts: rows and arrays that are there whole or not at all; a damaged one is set aside, and counts as missing."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from taskatlas.errors import DamagedPartError, StoreError
from taskatlas.schemas.graph import GRAPH
from taskatlas.store import parts as store
from taskatlas.store.parts import Parts
from tests.support.tables import tables


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "warehouse" / "parts")


def aside(parts: Parts) -> list[str]:
    return sorted(path.name for path in (parts.root.parent / "damaged").glob("*"))


def test_rows_are_counted_as_they_were_written(parts: Parts):
    for name in ("predictions", "costs", "quality"):
        rows = tables()[name]
        parts.write(name, "key", rows, {"counts": {"cut": 1}})
        assert parts.count(name, "key") == rows.num_rows == parts.read(name, "key").num_rows
        assert parts.manifest(name, "key") == {"counts": {"cut": 1}}
    parts.write("costs", "none", tables()["costs"].slice(0, 0))
    assert parts.count("costs", "none") == 0


ASK: list[Callable[[Parts, str, str], object]] = [Parts.count, Parts.manifest, Parts.read]
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "garbage": lambda content: b"\x8a" * len(content),
}


@pytest.mark.parametrize("ask", ASK)
def test_a_part_that_is_gone_is_named(parts: Parts, ask: Callable[[Parts, str, str], object]):
    told = r"^the part costs/key\.parquet is missing\. Run `taskatlas run`, which makes it anew$"
    with pytest.raises(DamagedPartError, match=told) as raised:
        ask(parts, "costs", "key")
    assert raised.value.kind == "costs"
    assert aside(parts) == []


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("ask", ASK)
def test_a_part_that_is_damaged_is_named_and_set_aside(
    parts: Parts, ask: Callable[[Parts, str, str], object], damage: str
):
    parts.write("costs", "key", tables()["costs"])
    path = parts.path("costs", "key")
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    left = path.read_bytes()
    told = r"^the part costs/key\.parquet was damaged and is set aside\. Run `taskatlas run`, which makes it anew$"
    with pytest.raises(DamagedPartError, match=told) as raised:
        ask(parts, "costs", "key")
    assert raised.value.kind == "costs"
    assert not parts.has("costs", "key")
    assert (parts.root.parent / "damaged" / "costs-key.parquet").read_bytes() == left, "it is not lost"
    parts.write("costs", "key", tables()["costs"])
    assert parts.read("costs", "key").num_rows == tables()["costs"].num_rows


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_arrays_are_set_aside_with_their_rows(parts: Parts, damage: str):
    parts.write_arrays("bases", "key", {"axes": np.eye(3, dtype=np.float32)})
    parts.write("bases", "key", tables()["costs"])
    path = parts.path("bases", "key", ".npz")
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(DamagedPartError, match=r"the part bases/key\.npz was damaged and is set aside"):
        parts.read_arrays("bases", "key")
    assert aside(parts) == ["bases-key.npz", "bases-key.parquet"]
    assert not parts.has("bases", "key")
    with pytest.raises(DamagedPartError, match=r"the part bases/key\.npz is missing"):
        parts.read_arrays("bases", "key")


def test_damage_inside_a_file_whose_ends_are_whole_is_found_when_it_is_read(parts: Parts):
    parts.write("costs", "key", tables()["costs"])
    parts.write_arrays("bases", "key", {"axes": np.arange(900, dtype=np.float32)})
    for path in (parts.path("costs", "key"), parts.path("bases", "key", ".npz")):
        content = bytearray(path.read_bytes())
        content[20 : len(content) // 4] = b"\x8a" * (len(content) // 4 - 20)
        path.write_bytes(content)
    with pytest.raises(DamagedPartError, match=r"the part costs/key\.parquet was damaged and is set aside"):
        parts.read("costs", "key")
    with pytest.raises(DamagedPartError, match=r"the part bases/key\.npz was damaged and is set aside"):
        parts.read_arrays("bases", "key")
    assert aside(parts) == ["bases-key.npz", "costs-key.parquet"]


def test_an_empty_file_and_a_half_written_one_are_no_parts(parts: Parts):
    for key in ("whole", "empty"):
        parts.write("costs", key, tables()["costs"])
    parts.path("costs", "empty").write_bytes(b"")
    parts.path("costs", "whole").with_name(".half.parquet.1234").write_bytes(b"PAR1")
    parts.write_arrays("costs", "arrays", {"axes": np.eye(2)})
    assert parts.keys("costs") == {"whole"}
    assert [parts.has("costs", key) for key in ("whole", "empty", "never")] == [True, False, False]
    assert parts.has("costs", "arrays", ".npz")
    assert parts.keys("never") == frozenset()


def test_all_damaged_parts_of_a_kind_are_set_aside_at_once(parts: Parts):
    for kind in ("costs", "scores"):
        for key in ("one", "two", "three", "four"):
            parts.write(kind, key, tables()[kind])
            parts.write_arrays(kind, key, {"axes": np.eye(2)})
    parts.path("costs", "one").write_bytes(b"")
    parts.path("costs", "three", ".npz").write_bytes(b"PK")
    parts.path("costs", "four").write_bytes(b"garbage")
    parts.path("scores", "one").write_bytes(b"garbage")
    parts.path("costs", "two").with_name(".two.parquet.1234").write_bytes(b"half written")
    assert parts.set_damaged_aside("costs") == ["four", "one", "three"]
    assert parts.keys("costs") == {"two"}
    assert parts.has("scores", "one"), "of another kind"
    assert parts.set_damaged_aside("costs") == []


def test_a_disk_that_cannot_be_read_is_no_damage(parts: Parts, monkeypatch: pytest.MonkeyPatch):
    parts.write("costs", "key", tables()["costs"])

    def fails(path: Path) -> None:
        raise OSError(errno.EIO, "what the driver said")

    with monkeypatch.context() as patch:
        patch.setattr(store.pq, "read_metadata", fails)
        todo = "Mend the disk or the permissions, then run again"
        told = rf"the part costs/key\.parquet cannot be read \(Input/output error\)\. {todo}"
        with pytest.raises(StoreError, match=told) as raised:
            parts.count("costs", "key")
        with pytest.raises(StoreError, match=told):
            parts.set_damaged_aside("costs")
    assert not isinstance(raised.value, DamagedPartError)
    assert parts.count("costs", "key") == tables()["costs"].num_rows
    assert aside(parts) == []


def test_a_part_that_cannot_be_set_aside_is_told(parts: Parts):
    parts.path("costs", "key").parent.mkdir(parents=True)
    parts.path("costs", "key").write_bytes(b"garbage")
    (parts.root.parent / "damaged").write_text("a file in the place of the folder")
    todo = "Remove it by hand, then run again"
    with pytest.raises(StoreError, match=rf"the damaged part costs/key cannot be set aside \(File exists\)\. {todo}"):
        parts.read("costs", "key")


def test_kinds_that_were_renamed_are_taken_over(parts: Parts):
    renamed = {kind.formerly: kind.name for kind in GRAPH.values() if kind.formerly}
    assert renamed == {"students": "raw_forecasts", "spread": "seed_checks"}
    for old, new in renamed.items():
        for folder, key in ((old, "old"), (old, "both"), (new, "both")):
            path = parts.path(folder, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"whole")
    parts.adopt()
    for old, new in renamed.items():
        assert parts.keys(new) == {"old", "both"}
        assert not (parts.root / old).exists()
    parts.adopt()
    assert parts.keys("seed_checks") == {"old", "both"}

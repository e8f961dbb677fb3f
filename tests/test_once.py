"""What workers share is made by one of them, and anew where that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.once import made_once


def test_it_is_made_once(tmp_path_factory: pytest.TempPathFactory):
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        folder.mkdir()

    folders = [made_once(tmp_path_factory, "of this test", make) for _ in range(2)]
    assert folders == [*made, *made]


def test_what_failed_is_made_anew(tmp_path_factory: pytest.TempPathFactory):
    def fail(folder: Path) -> None:
        (folder / "half").mkdir(parents=True)
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError, match="out of luck"):
        made_once(tmp_path_factory, "of another test", fail)
    folder = made_once(tmp_path_factory, "of another test", Path.mkdir)
    assert list(folder.iterdir()) == []

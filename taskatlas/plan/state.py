"""State files: what each stage did last, as JSON below `warehouse/state/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from taskatlas.errors import StoreError
from taskatlas.store.atomic import replacing


class State:
    """The state files of one project, each read once.

    Args:
        folder: of the files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, dict[str, Any]] = {}

    def read(self, stage: str) -> dict[str, Any]:
        """Return what a stage did last.

        Raises:
            StoreError: it has not run yet, or the file cannot be read.
        """
        if stage not in self._known:
            self._known[stage] = self._load(stage)
        return self._known[stage]

    def write(self, stage: str, state: dict[str, Any]) -> None:
        """Remember what a stage did; the file is there whole or not at all."""
        with replacing(self._path(stage)) as temporary:
            temporary.write_text(json.dumps(state, indent=1, sort_keys=True), encoding="utf-8")
        self._known[stage] = state

    def written_at(self, stage: str) -> int:
        """Return when a stage's file was written, in nanoseconds of the system's clock; 0 where there is none."""
        try:
            return self._path(stage).stat().st_mtime_ns
        except OSError:
            return 0

    def _path(self, stage: str) -> Path:
        return self._folder / f"{stage}.json"

    def _load(self, stage: str) -> dict[str, Any]:
        path = self._path(stage)
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            todo = f"run the {stage} flow first, or `taskatlas run`"
            raise StoreError(f"the {stage} stage has not run yet", todo=todo) from None
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"cannot be read ({error})", where=str(path), todo="run `taskatlas run`") from error
        if not isinstance(state, dict):
            raise StoreError("holds no state of a stage", where=str(path), todo="run `taskatlas run`")
        return state

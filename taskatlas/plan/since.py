"""What was tried since the newest release, in words: a release says nothing of it until the next run."""

from __future__ import annotations

from contextlib import suppress

from taskatlas.errors import StoreError
from taskatlas.plan.state import State

_STATE = "tried"


def note_tried(state: State, dataset: str, text: str) -> None:
    """Remember what to do on a dataset by all that was tried, until a release says it."""
    with suppress(StoreError, KeyError):
        release = state.read("publish")["release"]
        state.write(_STATE, _noted(state) | {dataset: [release, text]})


def tried_since(state: State, dataset: str, release: str) -> str | None:
    """Return what to do on a dataset by what was tried since a release; None where nothing was.

    Args:
        state: of the project.
        dataset: its name.
        release: the newest.
    """
    of, text = _noted(state).get(dataset, (None, None))
    return text if of == release else None


def _noted(state: State) -> dict[str, list[str]]:
    with suppress(StoreError):
        return state.read(_STATE)
    return {}

"""Trials that were begun and not ended: so the same command goes on with one, and its calls count once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from taskatlas.errors import StoreError
from taskatlas.plan.items import TextSet
from taskatlas.plan.state import State

_STATE = "trials"


def begun_from(state: State, dataset: TextSet, calls: int) -> Mapping[str, int] | None:
    """Return about how many texts each subject had been asked when a trial of so many calls began, by name; None where
    there is no such trial that has not ended."""
    trial = _trials(state).get(dataset.name)
    is_it = trial is not None and (trial["dataset"], trial["calls"]) == (dataset.content_id, calls)
    return trial["asked"] if trial is not None and is_it else None


def note_begun(state: State, dataset: TextSet, calls: int, asked: Mapping[str, int]) -> None:
    """Remember that a trial begins; for the arguments see `begun_from`."""
    trial = {"dataset": dataset.content_id, "calls": calls, "asked": dict(asked)}
    state.write(_STATE, _trials(state) | {dataset.name: trial})


def note_ended(state: State, dataset: TextSet) -> None:
    """Remember that a dataset's trial has ended."""
    state.write(_STATE, {name: trial for name, trial in _trials(state).items() if name != dataset.name})


def _trials(state: State) -> dict[str, dict[str, Any]]:
    """The trials that have not ended, by dataset. Where nobody can tell, there is none: it only costs calls."""
    with suppress(StoreError):
        return state.read(_STATE)
    return {}

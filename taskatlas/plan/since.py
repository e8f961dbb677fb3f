"""What was tried since the newest release, in words: a release says nothing of it until the next run."""

from __future__ import annotations

from contextlib import suppress

from taskatlas.errors import StoreError
from taskatlas.plan.state import State
from taskatlas.project.find import project_option
from taskatlas.project.folders import ProjectFolders

_STATE = "tried"


def note_tried(state: State, dataset: str, text: str) -> None:
    """Remember what to do on a dataset by all that was tried, until a release says it."""
    with suppress(StoreError, KeyError):
        release = state.read("publish")["release"]
        state.write(_STATE, _noted(state) | {dataset: [release, text]})


def tried_since(folders: ProjectFolders, question: str, dataset: str, release: str) -> str | None:
    """Return what to do on a dataset by what was tried since a release; None where nothing was, or where the question
    is not of subjects.

    Args:
        folders: of the project.
        question: 'prompt', 'model' or 'source'.
        dataset: its name.
        release: the newest.
    """
    of, text = _noted(State(folders.state)).get(dataset, (None, None))
    return text if of == release and question == "prompt" else None


def line_since(folders: ProjectFolders, release: str, since: str) -> str:
    """Return the line that stands below what a release recommends: what was tried since, and what takes it in."""
    run = f"`taskatlas run{project_option(folders.folder)}`"
    return f"That is of release {release}. By what was tried since: {since}. {run} takes it in."


def _noted(state: State) -> dict[str, list[str]]:
    with suppress(StoreError):
        return state.read(_STATE)
    return {}

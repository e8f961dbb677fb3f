"""What text sets were before: under which content ids answers to texts that are still in them may lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from taskatlas.errors import StoreError
from taskatlas.plan.items import TextSet
from taskatlas.plan.state import State

_STATE = "text_sets"
_MOST = 5
"""How far back answers are looked for; the text set of today is one of them."""


def remember_contents(state: State, text_sets: Iterable[TextSet]) -> None:
    """Take note of what the text sets are now, before the file of what they were last is written over."""
    stored = _stored(state)
    known = _or_last(stored, state)
    contents = {_name(each): [each.content_id, *_others(known, each)][:_MOST] for each in text_sets}
    if contents != stored:
        state.write(_STATE, {"content_ids": contents})


def earlier_contents(state: State, text_sets: Iterable[TextSet]) -> dict[tuple[str, str], list[str]]:
    """Return the content ids that text sets had before, the last one first, by kind and name."""
    known = _or_last(_stored(state), state)
    return {(each.kind, each.name): _others(known, each) for each in text_sets}


def _others(known: Mapping[str, list[str]], text_set: TextSet) -> list[str]:
    return [each for each in known.get(_name(text_set), []) if each != text_set.content_id]


def _name(text_set: TextSet) -> str:
    return f"{text_set.kind}/{text_set.name}"


def _stored(state: State) -> dict[str, list[str]] | None:
    """Return the content ids by text set, the last one first; None where they are not kept. What cannot be read costs
    answers that are made anew, and no more."""
    with suppress(StoreError, KeyError, TypeError, AttributeError):
        contents = state.read(_STATE)["content_ids"]
        return {str(name): [str(each) for each in ids] for name, ids in contents.items()}
    return None


def _or_last(stored: dict[str, list[str]] | None, state: State) -> dict[str, list[str]]:
    """Return what is stored; of a project from before that, the content ids of the last run."""
    if stored is not None:
        return stored
    with suppress(StoreError, KeyError, TypeError):
        origins = state.read("ingest")["origins"]
        return {f"{each['kind']}/{each['name']}": [str(each["origin_id"])] for each in origins}
    return {}

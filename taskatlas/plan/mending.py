"""Work that is mended: parts that cannot be read are set aside, told by name, and made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from taskatlas import progress
from taskatlas.errors import DamagedPartError
from taskatlas.plan.plan import Plan

_Result = TypeVar("_Result")


def mended(plan: Plan, stages: Callable[[], _Result]) -> _Result:
    """Return what `stages` return, started over where a part turns out to be damaged or gone.

    Parts that changed since the last run ended, whatever changed them, are looked into beforehand: a run that needs
    none of them mends them, too. Stages make only what is missing, so starting over costs what was lost.

    Raises:
        DamagedPartError: the same part was damaged again as soon as it had been made.
    """
    for name, what in plan.project.parts.set_broken_aside(plan.state.written_at("publish")).items():
        progress.note(f"the part {name} was {what} and is set aside: it is made anew")
    told: set[str] = set()
    while True:
        try:
            return stages()
        except DamagedPartError as error:
            if error.what in told:
                raise
            told.add(error.what)
            progress.note(f"{error.what}: it is made anew")
            for key in plan.project.parts.set_damaged_aside(error.kind):
                progress.note(f"the part {error.kind}/{key} was damaged and is set aside: it is made anew")
            progress.withdraw()
            plan.start_over()

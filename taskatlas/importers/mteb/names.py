"""`mteb:NAME` and `mteb:NAME/SUBSET`, either part a pattern → the tasks and subsets that are meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from taskatlas.errors import InputError, UnknownNameError
from taskatlas.importers.mteb.package import Mteb

PREFIX = "mteb:"
_ANY = "*?["


@dataclass(frozen=True)
class NamedTask:
    """A task of mteb, and those of its subsets that are meant.

    Attributes:
        task: as mteb has it.
        subsets: their names, mostly languages; one None where the task has none.
    """

    task: Any
    subsets: tuple[str | None, ...] = (None,)

    def name(self, subset: str | None = None) -> str:
        """Return what a person writes for one of its subsets, or for all of it."""
        return f"{PREFIX}{self.task.metadata.name}" + (f"/{subset}" if subset else "")


def is_of_mteb(word: object) -> bool:
    """Return whether an argument names tasks of mteb.

    >>> is_of_mteb("mteb:Banking77Classification"), is_of_mteb("mteb.csv")
    (True, False)
    """
    return str(word).startswith(PREFIX)


def named_tasks(word: str, mteb: Mteb) -> list[NamedTask]:
    """Return what an argument means; of a task with subsets all, where none are named.

    A pattern means no tasks that others supersede, and none that are in trial or closed; by its name each can be had.

    Raises:
        UnknownNameError: mteb has no such task, or it has no such subset.
        InputError: no task is called as a pattern says, or the task has no subsets.
    """
    name, _, subset = word.removeprefix(PREFIX).partition("/")
    if not set(name) & set(_ANY):
        return [_with_subsets(_task(name, mteb), subset)]
    tasks = [mteb.tasks[each] for each in _like(sorted(mteb.current), name)]
    found = [_with_subsets(task, subset) for task in tasks if not subset or _like(_subsets(task), subset)]
    if not found:
        todo = "write a pattern in quotes, such as 'mteb:*Intent*' or 'mteb:Massive*/en'"
        raise InputError("no task of mteb is called like that", where=word, todo=todo)
    return found


def _task(name: str, mteb: Mteb) -> Any:
    same = [known for known in mteb.tasks if known.casefold() == name.casefold()]
    if not same:
        near = [known for known in mteb.tasks if name and name.casefold() in known.casefold()]
        raise UnknownNameError("task of mteb", name, near or mteb.tasks)
    return mteb.tasks[same[0]]


def _with_subsets(task: Any, pattern: str) -> NamedTask:
    """Return a task with those of its subsets that are called like a pattern; with all of them where it is empty."""
    known = _subsets(task)
    if not pattern:
        return NamedTask(task, tuple(known) or (None,))
    if not known:
        raise InputError("the task has no subsets", todo=f"write {NamedTask(task).name()}")
    found = _like(known, pattern)
    if not found:
        raise UnknownNameError(f"subset of {task.metadata.name}", pattern, known)
    return NamedTask(task, tuple(found))


def _subsets(task: Any) -> Sequence[str]:
    return list(task.metadata.hf_subsets) if task.metadata.is_multilingual else []


def _like(names: Iterable[str], pattern: str) -> list[str]:
    return [name for name in names if fnmatchcase(name.casefold(), pattern.casefold())]

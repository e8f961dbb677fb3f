"""What mteb does to rows after it has loaded them, as far as a card can say it: other names of columns, and a sample.

A task is Python code. Its `dataset_transform` is read, never run: where it does no more than rename and drop columns
and take a sample, the columns of the hub are known, and where it does more, no card could stand for the task.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.mteb.kinds import columns_of
from taskatlas.schemas.cards import Columns

_LOADS = "mteb.abstasks.abstask"
"""The module whose way to load rows the cards follow."""


@dataclass(frozen=True)
class RowsOnHub:
    """How the rows of a task stand on the hub.

    Attributes:
        columns: of the texts and of the label, as the hub calls them.
        is_sampled: whether mteb takes a sample of them.
    """

    columns: Columns
    is_sampled: bool


@dataclass(frozen=True)
class _Renamed:
    before: str
    after: str


class _Sampled:
    """A sample is taken."""


_Step = _Renamed | _Sampled


class _OtherCodeError(Exception):
    """Code that does something else."""


def rows_on_hub(task: Any) -> RowsOnHub:
    """Return how the rows of a task stand on the hub.

    Raises:
        InputError: they are no texts with one label each, or code of the task makes them.
    """
    columns = columns_of(task).model_dump()
    try:
        steps = list(_steps_of(_transform(type(task))))
    except (_OtherCodeError, OSError) as error:  # there may be no source
        raise InputError("code of mteb makes its rows of those on the hub, and a card runs no code") from error
    names: dict[str, str] = {}
    for step in steps:
        if isinstance(step, _Renamed):
            names[step.after] = names.pop(step.before, step.before)
    on_hub = Columns(**{part: names.get(name, name) for part, name in columns.items()})
    return RowsOnHub(on_hub, any(isinstance(step, _Sampled) for step in steps))


def _transform(kind: Any) -> list[ast.stmt]:
    """The statements that a class of tasks runs after loading, if it loads as others do."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(kind.dataset_transform))).body
    if kind.load_data.__module__ != _LOADS or not isinstance(function, ast.FunctionDef):
        raise _OtherCodeError
    return function.body


def _steps_of(body: Sequence[ast.stmt]) -> Iterator[_Step]:
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                pass  # the docstring
            case ast.For(target=ast.Name(), orelse=[]):
                yield from _steps_of(statement.body)  # over languages or splits
            case ast.Assign(targets=[ast.Name()]):
                pass  # of no account unless a step reads it, and then it is none of ours
            case ast.Assign(targets=[target], value=value) if _is_dataset(target):
                yield from _steps(value, ast.unparse(target))
            case _:
                raise _OtherCodeError


def _is_dataset(target: ast.expr) -> bool:
    """Return whether this is `self.dataset`, or `self.dataset[language]` in a loop."""
    if isinstance(target, ast.Subscript):
        return isinstance(target.slice, ast.Name) and _is_dataset(target.value)
    return ast.unparse(target) == "self.dataset"


def _steps(value: ast.expr, dataset: str) -> Iterator[_Step]:
    """Yield what a chain of calls does to the dataset that it is written back to."""
    if ast.unparse(value) == dataset:
        return
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name("self"), attr="stratified_subsampling")):
            given = {keyword.arg: keyword.value for keyword in value.keywords}
            yield from _steps(value.args[0] if value.args else given["dataset_dict"], dataset)
            yield _Sampled()
        case ast.Call(func=ast.Attribute(value=inner, attr="remove_columns")):
            yield from _steps(inner, dataset)
        case ast.Call(func=ast.Attribute(value=inner, attr="rename_column"), args=[before, after], keywords=[]):
            yield from _steps(inner, dataset)
            yield _Renamed(_literal(before), _literal(after))
        case ast.Call(func=ast.Attribute(value=inner, attr="rename_columns"), args=[ast.Dict(keys, values)]):
            yield from _steps(inner, dataset)
            yield from (_Renamed(_literal(old), _literal(new)) for old, new in zip(keys, values, strict=True))
        case _:
            raise _OtherCodeError


def _literal(name: ast.expr | None) -> str:
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return name.value
    raise _OtherCodeError

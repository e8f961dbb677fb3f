"""What mteb does to rows after it has loaded them, as far as a card can say it: other names of columns, and a sample.

A task is Python code. Its `dataset_transform` is read, never run: where it does no more than rename and drop columns,
pack pairs and take a sample, the columns of the hub are known, and where it does more, no card could stand for it.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
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
        is_packed: whether mteb packs them into lists, so that on the hub a row is one pair.
    """

    columns: Columns
    is_sampled: bool
    is_packed: bool


@dataclass(frozen=True)
class _Renamed:
    """Columns get other names: the new one → the one before."""

    names: Mapping[str, str]


class _Packed(_Renamed):
    """Pairs are packed into lists, one list for each of these names."""


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
        steps = list(_Reader().steps(_transform(type(task))))
    except (_OtherCodeError, OSError) as error:  # there may be no source
        raise InputError("code of mteb makes its rows of those on the hub, and a card runs no code") from error
    on_hub: dict[str, str] = {}
    for step in steps:
        if isinstance(step, _Renamed):
            on_hub |= {after: on_hub.get(before, before) for after, before in step.names.items()}
    names = {part: on_hub.get(name, name) for part, name in columns.items()}
    if spaced := next((name for name in names.values() if name and name != name.strip()), None):
        raise InputError(f"its column {spaced!r} begins or ends with a blank, which a card takes off")
    return RowsOnHub(
        Columns(**names),
        any(isinstance(step, _Sampled) for step in steps),
        any(isinstance(step, _Packed) for step in steps),
    )


def _transform(kind: Any) -> list[ast.stmt]:
    """The statements that a class of tasks runs after loading, if it loads as others do."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(kind.dataset_transform))).body
    if kind.load_data.__module__ != _LOADS or not isinstance(function, ast.FunctionDef):
        raise _OtherCodeError
    return function.body


class _Reader(ast.NodeTransformer):
    """Reads statements, and knows what local names stand for."""

    def __init__(self) -> None:
        self._names: dict[str, ast.expr] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return what a name stands for."""
        return self._names.get(node.id, node)

    def steps(self, body: Sequence[ast.stmt]) -> Iterator[_Step]:
        """Yield what statements do to the dataset of a task.

        Raises:
            _OtherCodeError: something else.
        """
        for statement in body:
            match statement:
                case ast.Expr(value=ast.Constant()):
                    pass  # the docstring
                case ast.For(target=ast.Name(), orelse=[]):
                    yield from self.steps(statement.body)  # over languages or splits
                case ast.For(target=ast.Tuple([ast.Name(key), ast.Name(name)]), iter=items, orelse=[]):
                    self._names[name] = ast.Subscript(_of_items(items), ast.Name(key))
                    yield from self.steps(statement.body)
                case ast.Assign(targets=[ast.Name(name)], value=value):
                    self._names[name] = self.visit(copy.deepcopy(value))
                case ast.Assign(targets=[target], value=value):
                    yield from _written(target, self.visit(copy.deepcopy(value)))
                case _:
                    raise _OtherCodeError


def _of_items(items: ast.expr) -> ast.expr:
    """Return the dataset whose languages and what they hold are gone through."""
    if isinstance(items, ast.Call) and isinstance(items.func, ast.Attribute) and items.func.attr == "items":
        return items.func.value
    raise _OtherCodeError


def _written(target: ast.expr, value: ast.expr) -> Iterator[_Step]:
    match value:
        case ast.Dict(keys=[]):
            pass  # what pairs are packed into, which is written back in the end
        case ast.List(elts=[ast.Dict(keys, values)]) if not _is_dataset(target):
            columns = {_literal(name): _column(value) for name, value in zip(keys, values, strict=True)}
            yield _Packed(columns)
        case _ if _is_dataset(target):
            yield from _chain(value, ast.unparse(target))
        case _:
            raise _OtherCodeError


def _is_dataset(target: ast.expr) -> bool:
    """Return whether this is `self.dataset`, or `self.dataset[language]` in a loop, and not one certain split."""
    if isinstance(target, ast.Subscript):
        return not isinstance(target.slice, ast.Constant) and _is_dataset(target.value)
    return ast.unparse(target) == "self.dataset"


def _column(value: ast.expr) -> str:
    """Return the column that is read as a whole."""
    if isinstance(value, ast.Subscript) and _is_dataset(value.value):
        return _literal(value.slice)
    raise _OtherCodeError


def _chain(value: ast.expr, dataset: str) -> Iterator[_Step]:
    """Yield what a chain of calls does to the dataset that it is written back to."""
    if ast.unparse(value) == dataset:
        return
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name("self"), attr="stratified_subsampling")):
            given = {keyword.arg: keyword.value for keyword in value.keywords}
            yield from _chain(value.args[0] if value.args else given["dataset_dict"], dataset)
            yield _Sampled()
        case ast.Call(func=ast.Attribute(value=inner, attr="remove_columns")):
            yield from _chain(inner, dataset)
        case ast.Call(func=ast.Attribute(value=inner, attr="rename_column"), args=[before, after], keywords=[]):
            yield from _chain(inner, dataset)
            yield _Renamed({_literal(after): _literal(before)})
        case ast.Call(func=ast.Attribute(value=inner, attr="rename_columns"), args=[ast.Dict(keys, values)]):
            yield from _chain(inner, dataset)
            yield _Renamed({_literal(new): _literal(old) for old, new in zip(keys, values, strict=True)})
        case _:
            raise _OtherCodeError


def _literal(name: ast.expr | None) -> str:
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return name.value
    raise _OtherCodeError

"""Templates that anybody may write and that are still safe to render: bounded in time, memory and reach.

A deadline cannot stop a thread, and Prefect runs its tasks in threads. So the bounds hold by construction: before a
template is compiled (Jinja evaluates constants then, so `{{ 'x' * 10**9 }}` would already do harm), its syntax tree may
hold nothing but text, the variables of the prompt, conditions, slices, filters and methods of text whose result is
about as long as their input, and loops over a row's choices, of which there are few, without loops in them. There are
no other calls, attributes, arithmetic, assignments or imports. The number of variables, filters and methods is bounded,
and so is how often all of them together go over the inputs: the work is linear in their length. Jinja's immutable
sandbox stays as a second fence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from taskatlas.errors import PromptError, did_you_mean
from taskatlas.predict.growth import growth, passes, replaced

MAX_CHARS = 2_500_000
"""Of one rendered text: two texts as long as a card may allow, and a template."""
MAX_VARIABLES, MAX_FILTERS, MAX_DEPTH = 100, 20, 40
MAX_GROWTH = 16.0
"""By how much all replacements of a template together may make a text longer."""
MAX_PASSES = 300
"""How often a template may go over all that a row holds, as `taskatlas.predict.growth` counts it."""
FILTERS = frozenset({
    "capitalize", "count", "d", "default", "first", "last", "length", "lower", "replace", "string", "title", "trim",
    "truncate", "upper", "wordcount",
})  # fmt: skip
METHODS = frozenset({
    "capitalize", "endswith", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "startswith",
    "strip", "title", "upper",
})  # fmt: skip
"""Of text, as in `text.strip()`; of `split` the first or the last part, which are always there."""
LIST = "choices"
"""The variable that is a list: loops go over it, and `join` puts it together."""
POSITIONS = frozenset({"index", "index0", "first", "last"})
"""What a loop knows of itself."""
TESTS = frozenset({"defined", "undefined", "none", "string"})

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter, nodes.Test, nodes.Keyword,
    nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Concat,
    nodes.Getitem, nodes.Slice, nodes.Call, nodes.For,
)  # fmt: skip
_WHAT: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Getattr, "attributes"),
    (nodes.BinExpr, "arithmetic"),
    (nodes.Assign, "assignments"),
)
_OVER_CHOICES = "go over the row's choices alone: {% for each in choices %}{{ loop.index }}. {{ each }}{% endfor %}"
_SIMPLER = "use text, variables, conditions, slices such as text[:200], and filters such as text|upper"


class _Environment(ImmutableSandboxedEnvironment):
    """In which a letter or choice that is not there is empty: texts differ in length, and rows in their choices."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, str | tuple) and type(argument) is int and not -len(obj) <= argument < len(obj):
            return ""
        return super().getitem(obj, argument)


_environment = _Environment(undefined=StrictUndefined, autoescape=False)


@lru_cache(maxsize=1_024)
def compile_template(source: str, variables: tuple[str, ...], where: str) -> Template:
    """Compile a template that keeps to the bounds.

    Args:
        source: the template.
        variables: the names that it may use.
        where: how errors name it.

    Raises:
        PromptError: it is not Jinja2, uses an unknown name, or holds something that a prompt may not hold.

    """
    try:
        tree = _environment.parse(source)
        _hold_to_bounds(tree, variables, where)
        return _environment.from_string(source)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise PromptError(
            f"is not a Jinja2 template ({error.message})",
            where=f"{where}, line {line}" if line else where,
            todo="mend it; {{ text }} shows the text",
        ) from error
    except (RecursionError, ValueError, OverflowError, MemoryError) as error:
        raise PromptError("is too deep or holds too large a number", where=where, todo=_SIMPLER) from error


def render_template(template: Template, values: Mapping[str, object], where: str) -> str:
    """Render a template with these values.

    Raises:
        PromptError: it cannot be rendered with these values, or becomes longer than `MAX_CHARS`.

    """
    pieces: list[str] = []
    length = 0
    try:
        for piece in template.generate(values):
            pieces.append(piece)
            length += len(piece)
            if length > MAX_CHARS:
                break
    except Exception as error:  # filters raise all sorts of errors on values that they are not meant for
        raise PromptError(f"cannot be rendered ({error})", where=where, todo="mend the template") from error
    if length > MAX_CHARS:
        raise PromptError(
            f"becomes longer than {MAX_CHARS:,} characters", where=where, todo="show the text fewer times"
        )
    return "".join(pieces)


def _hold_to_bounds(tree: nodes.Template, variables: tuple[str, ...], where: str) -> None:
    n_variables, n_filters, longer = 0, 0, 1.0
    names = (*variables, *_loop_names(tree, variables))
    for node, depth in _walk(tree):
        if not isinstance(node, _ALLOWED) and not _is_position(node):
            what = next((word for kind, word in _WHAT if isinstance(node, kind)), f"{type(node).__name__.lower()} tags")
            raise PromptError(f"a prompt may not hold {what}", where=f"{where}, line {node.lineno}", todo=_SIMPLER)
        if depth > MAX_DEPTH:
            raise PromptError(f"is nested more than {MAX_DEPTH} deep", where=where, todo=_SIMPLER)
        if isinstance(node, nodes.Name) and node.name not in names:
            raise PromptError(
                f"there is no variable {node.name!r}",
                where=f"{where}, line {node.lineno}",
                todo=did_you_mean(node.name, variables),
            )
        if fault := _FAULTS.get(type(node), _no_fault)(node):
            raise PromptError(fault[0], where=f"{where}, line {node.lineno}", todo=fault[1])
        n_variables += isinstance(node, nodes.Name)
        n_filters += isinstance(node, nodes.Filter | nodes.Call)
        longer *= growth(node)
    if longer > MAX_GROWTH:
        what = f"its replacements may make a text {longer:.0f} times as long, more than {MAX_GROWTH:.0f}"
        raise PromptError(what, where=where, todo="replace by shorter texts")
    if n_variables > MAX_VARIABLES or n_filters > MAX_FILTERS:
        raise PromptError(
            f"shows more than {MAX_VARIABLES} variables or {MAX_FILTERS} filters", where=where, todo="make it shorter"
        )
    if (n_passes := passes(tree)) > MAX_PASSES:
        what = f"it may go {n_passes:,.0f} times over all that a row holds, more than {MAX_PASSES}"
        raise PromptError(what, where=where, todo="use fewer filters, and of the text less within loops")


def _walk(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    """Yield every node with its depth, in the order of the template, without recursion.

    Not the name of a method, which is held to its bounds with its call, nor the whole of what `split` makes.
    """
    left = [(tree, 0)]
    while left:
        node, depth = left.pop()
        yield node, depth
        left += [(child, depth + 1) for child in reversed(_children(node))]


def _loop_names(tree: nodes.Template, variables: tuple[str, ...]) -> list[str]:
    """Return the names that loops give, which mean nothing else."""
    loops = [loop for loop, _ in _walk(tree) if isinstance(loop, nodes.For)]
    targets = [loop.target.name for loop in loops if isinstance(loop.target, nodes.Name)]
    return [name for name in targets if name not in variables]


def _is_list(node: nodes.Node) -> bool:
    """Return whether a node is the row's choices, or some of them."""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
        node = node.node
    return isinstance(node, nodes.Name) and node.name == LIST


def _is_position(node: nodes.Node) -> bool:
    """Return whether a node is what a loop knows of itself."""
    return isinstance(node, nodes.Getattr) and node.node == nodes.Name("loop", "load") and node.attr in POSITIONS


def _children(node: nodes.Node) -> list[nodes.Node]:
    if isinstance(node, nodes.For):  # whose target is a name of its own
        return [node.iter, *node.body, *node.else_]
    if _is_position(node):
        return []
    if _is_part(node):
        return [node.node.node.node]  # type: ignore[attr-defined]
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        return [node.node.node, *node.args, *node.kwargs]
    return [*node.iter_child_nodes()]


def _is_part(node: nodes.Node) -> bool:
    """Return whether a node is the first or last part of a text that is split at a word."""
    match node:
        case nodes.Getitem(node=inner, arg=nodes.Const(value=0) | nodes.Neg(node=nodes.Const(value=1))):
            pass
        case nodes.Filter(node=inner, name="first" | "last"):
            pass
        case _:
            return False
    match inner:
        case nodes.Call(node=nodes.Getattr(attr="split"), args=[nodes.Const(value=word)], kwargs=[]):
            return isinstance(word, str) and word != "" and inner.dyn_args is None and inner.dyn_kwargs is None
    return False


_Fault = tuple[str, str] | None
"""What is wrong with a node, and what to do about it."""


def _filter_fault(node: nodes.Node) -> _Fault:
    assert isinstance(node, nodes.Filter)
    if node.name == "join" and node.node is not None and _is_list(node.node):
        written_out = all(isinstance(each, nodes.Const) and isinstance(each.value, str) for each in node.args)
        is_plain = written_out and len(node.args) <= 1 and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        return None if is_plain else ("the separator of join is not written out", "write choices | join(', ')")
    if node.name == "join":
        return "join puts a row's choices together, and nothing else", "write choices | join(', ')"
    if node.name not in FILTERS:
        return f"there is no filter {node.name!r} for prompts", did_you_mean(node.name, FILTERS)
    arguments = [*node.args, *(keyword.value for keyword in node.kwargs)]
    if node.dyn_args or node.dyn_kwargs or not all(isinstance(value, nodes.Const) for value in arguments):
        return f"the arguments of the filter {node.name} are not written out", "give texts or numbers"
    return _longer(node.name, arguments)


def _call_fault(node: nodes.Node) -> _Fault:
    assert isinstance(node, nodes.Call)
    if not isinstance(node.node, nodes.Getattr):
        return "a prompt may not hold calls", _SIMPLER
    name = node.node.attr
    if name not in METHODS:
        meant = "take its first or last part, as text.split('.')[0]" if name == "split" else _SIMPLER
        return f"a prompt may not hold calls of {name}()", meant
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not all(isinstance(each, nodes.Const) for each in node.args):
        return f"the arguments of {name}() are not written out", "give texts or numbers"
    return _longer(name, node.args)


def _longer(name: str, arguments: Sequence[nodes.Node]) -> _Fault:
    """Say that replace has not two texts: in place of nothing, its text would come between all letters."""
    if name != "replace" or replaced(arguments) is not None:
        return None
    return "replace needs what is replaced, and by what", "write replace('old', 'new')"


def _test_fault(node: nodes.Node) -> _Fault:
    assert isinstance(node, nodes.Test)
    if node.name in TESTS and not node.args:
        return None
    return f"there is no test {node.name!r} for prompts", did_you_mean(node.name, TESTS)


def _getitem_fault(node: nodes.Node) -> _Fault:
    assert isinstance(node, nodes.Getitem)
    steps = [node.arg.start, node.arg.stop, node.arg.step] if isinstance(node.arg, nodes.Slice) else [node.arg]
    if _is_position(node.arg) and isinstance(node.node, nodes.Const | nodes.Name):
        return None
    return None if all(step is None or _is_whole(step) for step in steps) else ("an index is no whole number", _SIMPLER)


def _for_fault(node: nodes.Node) -> _Fault:
    assert isinstance(node, nodes.For)
    plain = isinstance(node.target, nodes.Name) and _is_list(node.iter)
    if (
        not plain
        or node.else_
        or node.test
        or node.recursive
        or any(isinstance(each, nodes.For) for each in _within(node))
    ):
        return "a prompt may not hold other loops", _OVER_CHOICES
    return None


def _within(loop: nodes.For) -> Iterator[nodes.Node]:
    yield from (node for each in loop.body for node, _ in _walk(each))


def _neg_fault(node: nodes.Node) -> _Fault:
    return None if _is_whole(node) else ("only a whole number can be negative", _SIMPLER)


def _is_whole(node: nodes.Node) -> bool:
    inner = node.node if isinstance(node, nodes.Neg) else node
    return isinstance(inner, nodes.Const) and type(inner.value) is int


def _no_fault(_: nodes.Node) -> _Fault:
    return None


_FAULTS: Mapping[type[nodes.Node], Callable[[nodes.Node], _Fault]] = {
    nodes.Call: _call_fault,
    nodes.Filter: _filter_fault,
    nodes.For: _for_fault,
    nodes.Test: _test_fault,
    nodes.Getitem: _getitem_fault,
    nodes.Neg: _neg_fault,
}

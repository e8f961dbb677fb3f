"""Templates that anybody may write and that are still safe to render: bounded in time, memory and reach.

A deadline cannot stop a thread, and Prefect runs its tasks in threads. So the bounds hold by construction: before a
template is compiled (Jinja evaluates constants then, so `{{ 'x' * 10**9 }}` would already do harm), its syntax tree may
hold nothing but text, the variables of the prompt, conditions, slices, and filters and methods of text whose result is
about as long as their input. There are no loops, other calls, attributes, arithmetic, assignments or imports, and the
number of variables, filters and methods is bounded; the work is linear in the length of the inputs. Jinja's immutable
sandbox stays as a second fence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from taskatlas.errors import PromptError, did_you_mean

MAX_CHARS = 2_500_000
"""Of one rendered text: two texts as long as a card may allow, and a template."""
MAX_VARIABLES, MAX_FILTERS, MAX_DEPTH = 100, 20, 40
FILTERS = frozenset({
    "capitalize", "count", "d", "default", "first", "last", "length", "lower", "replace", "string", "title", "trim",
    "truncate", "upper", "wordcount",
})  # fmt: skip
METHODS = frozenset({
    "capitalize", "endswith", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "startswith",
    "strip", "title", "upper",
})  # fmt: skip
"""Of text, as in `text.strip()`; of `split` the first or the last part, which are always there."""
TESTS = frozenset({"defined", "undefined", "none", "string"})

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter, nodes.Test, nodes.Keyword,
    nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Concat,
    nodes.Getitem, nodes.Slice, nodes.Call,
)  # fmt: skip
_WHAT: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.For, "loops"),
    (nodes.Getattr, "attributes"),
    (nodes.BinExpr, "arithmetic"),
    (nodes.Assign, "assignments"),
)
_SIMPLER = "use text, variables, conditions, slices such as text[:200], and filters such as text|upper"

_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


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


def render_template(template: Template, values: Mapping[str, str | float], where: str) -> str:
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
    n_variables = n_filters = 0
    for node, depth in _walk(tree):
        if not isinstance(node, _ALLOWED):
            what = next((word for kind, word in _WHAT if isinstance(node, kind)), f"{type(node).__name__.lower()} tags")
            raise PromptError(f"a prompt may not hold {what}", where=f"{where}, line {node.lineno}", todo=_SIMPLER)
        if depth > MAX_DEPTH:
            raise PromptError(f"is nested more than {MAX_DEPTH} deep", where=where, todo=_SIMPLER)
        if isinstance(node, nodes.Name) and node.name not in variables:
            raise PromptError(
                f"there is no variable {node.name!r}",
                where=f"{where}, line {node.lineno}",
                todo=did_you_mean(node.name, variables),
            )
        if fault := _FAULTS.get(type(node), _no_fault)(node):
            raise PromptError(fault[0], where=f"{where}, line {node.lineno}", todo=fault[1])
        n_variables += isinstance(node, nodes.Name)
        n_filters += isinstance(node, nodes.Filter | nodes.Call)
    if n_variables > MAX_VARIABLES or n_filters > MAX_FILTERS:
        raise PromptError(
            f"shows more than {MAX_VARIABLES} variables or {MAX_FILTERS} filters", where=where, todo="make it shorter"
        )


def _walk(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    """Yield every node with its depth, in the order of the template, without recursion.

    Not the name of a method, which is held to its bounds with its call, nor the whole of what `split` makes.
    """
    left = [(tree, 0)]
    while left:
        node, depth = left.pop()
        yield node, depth
        left += [(child, depth + 1) for child in reversed(_children(node))]


def _children(node: nodes.Node) -> list[nodes.Node]:
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
    """Say that replace makes a text longer: it would double the text each time."""
    words = [value.value for value in arguments[:2] if isinstance(value, nodes.Const) and isinstance(value.value, str)]
    if name != "replace" or (len(words) == 2 and len(words[1]) <= len(words[0]) > 0):
        return None
    return "replace may not make a text longer", "write replace('old', 'new'), new not longer"


def _test_fault(node: nodes.Node) -> _Fault:
    assert isinstance(node, nodes.Test)
    if node.name in TESTS and not node.args:
        return None
    return f"there is no test {node.name!r} for prompts", did_you_mean(node.name, TESTS)


def _getitem_fault(node: nodes.Node) -> _Fault:
    assert isinstance(node, nodes.Getitem)
    steps = [node.arg.start, node.arg.stop, node.arg.step] if isinstance(node.arg, nodes.Slice) else [node.arg]
    return None if all(step is None or _is_whole(step) for step in steps) else ("an index is no whole number", _SIMPLER)


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
    nodes.Test: _test_fault,
    nodes.Getitem: _getitem_fault,
    nodes.Neg: _neg_fault,
}

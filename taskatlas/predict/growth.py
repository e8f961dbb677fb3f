"""How much a template may make of what a row holds, told from its syntax tree: how much longer replacements make a
text, and how often the whole of a row is gone over.

Loops, and texts that are put together, multiply what filters have to do, and much of it is never shown: a condition can
do the work as well. So what is shown says nothing of the time and the memory that it took.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import nodes

from taskatlas.schemas.inputs import CHOICE_LABELS


def growth(node: nodes.Node) -> float:
    """Return by how much a node may make its text longer."""
    match node:
        case (
            nodes.Filter(name="replace", args=arguments)
            | nodes.Call(node=nodes.Getattr(attr="replace"), args=arguments)
        ):
            old, new = replaced(arguments) or ("", "")
            return max(1.0, len(new) / max(len(old), 1))
    return 1.0


def replaced(arguments: Sequence[nodes.Node]) -> tuple[str, str] | None:
    """Return the two texts of replace; None where they are others, or nothing is to be replaced."""
    match arguments:
        case [nodes.Const(value=str(old)), nodes.Const(value=str(new)), *_] if old:
            return old, new
    return None


def passes(node: nodes.Node, times: int = 1, each: frozenset[str] = frozenset()) -> float:
    """Return how often a template goes over all that a row holds, at most: every variable, filter, method and text that
    is put together counts as many rows' lengths as it may have letters, as often as its loop is gone through.

    Args:
        node: the template, or a part of it, nested no deeper than a template may be.
        times: how often the part is gone through.
        each: names that stand for one choice.

    """
    if isinstance(node, nodes.For):
        names = each | {node.target.name} if isinstance(node.target, nodes.Name) else each
        return passes(node.iter, times, each) + sum(passes(part, len(CHOICE_LABELS), names) for part in node.body)
    return times * _size(node, each) + sum(passes(child, times, each) for child in node.iter_child_nodes())


def _size(node: nodes.Node, each: frozenset[str]) -> float:
    """Return the most letters of a value, in lengths of a whole row; what is written in the template counts nothing.

    All choices of a row are together as long as the row at most, so one of them counts for its share of a loop.
    """
    match node:
        case nodes.Name(name=name):
            return 1 / len(CHOICE_LABELS) if name in each else 1.0
        case nodes.Concat(nodes=parts):
            return sum(_size(part, each) for part in parts)
        case nodes.Call(node=nodes.Getattr(node=inner)) | nodes.Filter(node=nodes.Node() as inner):
            return growth(node) * _size(inner, each)
        case nodes.Getitem(node=inner):
            return _size(inner, each)
        case (
            nodes.CondExpr(expr1=one, expr2=other) | nodes.And(left=one, right=other) | nodes.Or(left=one, right=other)
        ):
            return max(_size(part, each) for part in (one, other) if part is not None)
    return 0.0

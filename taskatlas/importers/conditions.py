"""Conditions: templates that are shown under one as a whole, and conditions that mean the same where all is text."""

from __future__ import annotations

from collections.abc import Set

from jinja2 import nodes

from taskatlas.errors import InputError
from taskatlas.importers.paths import dotted
from taskatlas.importers.syntax import is_blank, pieces_of, tree_of


def without_condition(template: str) -> tuple[str, str]:
    """Return a template without a condition that is around all of it and has no other case, and a note that says so.

    >>> without_condition("{% if label != -1 %}{{ text }} ||| {{ label }}{% endif %}")[0]
    '{{ text }} ||| {{ label }}'
    """
    note = ""
    while _is_under_condition(template):
        pieces = pieces_of(template)
        ends = [at for at, (kind, _) in enumerate(pieces) if kind == "block_end"]
        last = max(at for at, (kind, _) in enumerate(pieces) if kind == "block_begin")
        template = "".join(text for _, text in pieces[ends[0] + 1 : last])
        note = "its condition is left out, so it asks about all rows"
    return template, note


def without_unused(template: str) -> str:
    """Return a template without assignments of what it does not name.

    >>> without_unused("{% set codes = {'x': 0} %}{{ text }}")
    '{{ text }}'
    """
    assigned = {
        each.target.name for each in tree_of(template).find_all(nodes.Assign) if isinstance(each.target, nodes.Name)
    }
    pieces = pieces_of(template)
    for name in assigned:
        if [kind_text for kind_text in pieces if kind_text == ("name", name)] != [("name", name)]:
            continue
        at = pieces.index(("name", name))
        begin = max(index for index in range(at) if pieces[index][0] == "block_begin")
        end = next(index for index in range(at, len(pieces)) if pieces[index][0] == "block_end")
        pieces[begin : end + 1] = []
    return "".join(text for _, text in pieces)


def require_plain_conditions(tree: nodes.Template, deciding: Set[str]) -> None:
    """Check that conditions mean the same where what columns hold is text: there 0 is "0", and false is "false".

    Args:
        tree: of a template.
        deciding: the columns of which nothing is shown.

    Raises:
        InputError: one is compared with a number, or decides by whether it is true.
    """
    compared = [*tree.find_all(nodes.Compare)]
    for comparison in compared:
        sides = [comparison.expr, *(operand.expr for operand in comparison.ops)]
        for name in (side.name for side in sides if isinstance(side, nodes.Name)):
            if any(isinstance(each, nodes.Const) and not isinstance(each.value, str) for each in sides):
                raise _no_text(name)
    within = {name.name for comparison in compared for name in comparison.find_all(nodes.Name)}
    if others := sorted(deciding - within):
        raise _no_text(others[0])


def _no_text(column: str) -> InputError:
    return InputError(f"it shows other words by the column {dotted(column)!r}, which is no text")


def _is_under_condition(template: str) -> bool:
    shown = [node for node in tree_of(template).body if not is_blank(node)]
    return (
        len(shown) == 1 and isinstance(shown[0], nodes.If) and not shown[0].elif_ and all(map(is_blank, shown[0].else_))
    )

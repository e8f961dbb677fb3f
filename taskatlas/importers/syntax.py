"""Jinja2 templates as text and as syntax at once: which words of a template are variables, and where they stand.

Jinja's syntax tree does not tell columns, and its lexer does not tell variables from filters. Together they do: the
lexer gives the pieces, of which the whole template can be put together again, and the tree gives the names. Nothing
here renders or compiles a template.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from taskatlas.errors import InputError

Piece = tuple[str, str]
"""Kind and text of a piece of a template, as Jinja's lexer calls them."""

MAX_CHARS = 50_000
"""Of a template with its target. A prompt holds less; a longer one is not looked at, which bounds all work here."""

MAX_DEPTH = 100
"""Of the syntax of a template."""

_environment = ImmutableSandboxedEnvironment(autoescape=False)
_NOT_JINJA = (TemplateError, RecursionError, ValueError, OverflowError, MemoryError)


def tree_of(source: str) -> nodes.Template:
    """Return the syntax tree of a template.

    Raises:
        InputError: it is not a Jinja2 template, or too long for a prompt.

    """
    _require_short(source)
    try:
        tree = _environment.parse(source)
    except _NOT_JINJA as error:
        raise _fault(error) from error
    if _is_deep(tree):
        raise _fault(RecursionError())
    return tree


def pieces_of(source: str) -> list[Piece]:
    """Return the pieces of a template in their order; joined, they are a template with the same syntax tree.

    Raises:
        InputError: it is not a Jinja2 template, or too long for a prompt.

    """
    _require_short(source)
    try:
        return [(kind, text) for _, kind, text in _environment.lex(source)]
    except _NOT_JINJA as error:
        raise _fault(error) from error


def names_in(tree: nodes.Node) -> set[str]:
    """Return the variables that a tree names anywhere; without recursion, as `a + a + ...` is deep.

    >>> sorted(names_in(tree_of("{{ text }}{% if label %}!{% endif %}")))
    ['label', 'text']
    """
    names, left = set(), [tree]
    while left:
        node = left.pop()
        if isinstance(node, nodes.Name):
            names.add(node.name)
        left += node.iter_child_nodes()
    return names


def loop_names(tree: nodes.Node) -> set[str]:
    """Return the names that loops of a tree give to what they go over."""
    return {each.target.name for each in tree.find_all(nodes.For) if isinstance(each.target, nodes.Name)}


def is_blank(node: nodes.Node) -> bool:
    """Return whether a node shows nothing but white space."""
    shown = node.nodes if isinstance(node, nodes.Output) else [node]
    return all(isinstance(each, nodes.TemplateData) and not each.data.strip() for each in shown)


def _is_deep(tree: nodes.Node) -> bool:
    """Return whether a tree is too deep for what walks it by recursion."""
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_child_nodes()]
    return bool(level)


def variable_positions(pieces: Sequence[Piece], names: set[str]) -> list[int]:
    """Return the positions of variables among the pieces of a template.

    A name is none where it is a tag (`{% if`), a filter (after |), an attribute (after a dot), a test (after `is`), or
    an argument's name (before =).
    """
    visible = [at for at, (kind, _) in enumerate(pieces) if kind != "whitespace"]
    positions = []
    for order, at in enumerate(visible):
        if pieces[at][0] != "name" or pieces[at][1] not in names:
            continue
        before = [pieces[other] for other in visible[max(order - 2, 0) : order]]
        after = pieces[visible[order + 1]] if order + 1 < len(visible) else ("", "")
        if not _is_no_variable(before, after):
            positions.append(at)
    return positions


def text_literal(text: str) -> str:
    """Return `text` as a constant of Jinja2, to be put into an expression."""
    escapes = {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r"}
    return "'" + "".join(escapes.get(letter, letter) for letter in text) + "'"


def literal_template(text: str) -> str:
    """Return a template that shows `text` as it is, whatever braces are in it.

    >>> literal_template("a {{b}}")
    "a {{ '{' }}{b}}"
    """
    normalised = re.sub(r"\r\n?", "\n", text)
    # of an opening tag, the brace that makes it one becomes a constant; all other braces mean nothing to Jinja2
    return "".join(
        "{{ '{' }}" if letter == "{" and normalised[at + 1 : at + 2] in {"{", "%", "#"} else letter
        for at, letter in enumerate(normalised)
    )


def _is_no_variable(before: Sequence[Piece], after: Piece) -> bool:
    last = before[-1] if before else ("", "")
    return (
        last[0] == "block_begin"
        or last in {("operator", "|"), ("operator", "."), ("name", "is")}
        or list(before) == [("name", "is"), ("name", "not")]
        or after == ("operator", "=")
    )


def _require_short(source: str) -> None:
    if len(source) > MAX_CHARS:
        raise InputError(f"it is over {MAX_CHARS:,} characters long")


def _fault(error: BaseException) -> InputError:
    message = error.message if isinstance(error, TemplateError) else "too deep, or with too large a number"
    return InputError(f"it is not a Jinja2 template ({message})")

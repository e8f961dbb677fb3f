"""Parts of a template that show nothing but choices which are the same for all rows: they are texts themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from taskatlas.importers.syntax import Piece, loop_names, names_in, pieces_of, text_literal, tree_of

CHOICES = "answer_choices"
"""PromptSource's name of them."""
_FILTERS = frozenset({"capitalize", "first", "join", "last", "lower", "title", "trim", "upper"})
_METHODS = frozenset({"capitalize", "join", "lower", "strip", "title", "upper"})
_POSITIONS = frozenset({"index", "index0", "first", "last"})
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getitem, nodes.Slice, nodes.Neg,
    nodes.If, nodes.Not, nodes.CondExpr, nodes.List,
)  # fmt: skip
_LONGEST = 20_000
"""Characters of what is written out, which is as long as a prompt may be."""
_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def written_blocks(template: str, choices: Sequence[str]) -> str:
    """Return a template in which expressions and loops that show choices alone are constants.

    >>> written_blocks("{{ text }}: {{ ', '.join(answer_choices[:-1]) }} or {{ answer_choices[-1]|upper }}", "abc")
    "{{ text }}: {{ 'a, b' }} or {{ 'C' }}"
    """
    pieces = pieces_of(template)
    for start, end in reversed([*_loops(pieces), *_expressions(pieces)]):
        source = "".join(text for _, text in pieces[start:end])
        if (CHOICES in source or "join" in source) and (shown := _rendered(source, choices)) is not None:
            opening, closing = pieces[start][1], pieces[end - 1][1]
            strips = ("-" if "-" in opening else ""), ("-" if "-" in closing else "")
            pieces[start:end] = [("data", f"{{{{{strips[0]} {text_literal(shown)} {strips[1]}}}}}")]
    return "".join(text for _, text in pieces)


def _expressions(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """Yield where expressions stand that are shown outside loops over choices."""
    loops = [*_loops(pieces)]
    begins = [at for at, (kind, _) in enumerate(pieces) if kind == "variable_begin"]
    for begin in begins:
        end = next(at for at in range(begin, len(pieces)) if pieces[at][0] == "variable_end") + 1
        if not any(first <= begin < last for first, last in loops):
            yield begin, end


def _loops(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """Yield where loops over choices stand."""
    words = [at for at, (kind, _) in enumerate(pieces) if kind == "name"]
    for at in words:
        block = [text for kind, text in pieces[at : at + 8] if kind != "whitespace"]
        if pieces[at][1] != "for" or block[2:4] != ["in", CHOICES]:
            continue
        begin = max(index for index in range(at) if pieces[index][0] == "block_begin")
        closing = next((index for index in words if index > at and pieces[index][1] == "endfor"), None)
        if closing is not None:
            yield begin, next(index for index in range(closing, len(pieces)) if pieces[index][0] == "block_end") + 1


def _rendered(source: str, choices: Sequence[str]) -> str | None:
    """Return what a part of a template shows; None where it shows more than the choices, or makes much of them."""
    try:
        tree = tree_of(source)
        if not _shows_choices_alone(tree):
            return None
        shown = _environment.from_string(source).render({CHOICES: list(choices)})
    except (TemplateError, TypeError, ValueError, IndexError):
        return None
    return shown if len(shown) <= _LONGEST else None


def _shows_choices_alone(tree: nodes.Template) -> bool:
    """Return whether a syntax tree names nothing but the choices, and what makes of them no more than they are."""
    loops = [*tree.find_all(nodes.For)]
    if len(loops) > 1 or not names_in(tree) <= {CHOICES, "loop"} | loop_names(tree):
        return False
    shown = [each for output in tree.find_all(nodes.Output) for each in output.nodes]
    return nodes.Name(CHOICES, "load") not in shown and all(map(_is_plain, tree.find_all(nodes.Node)))


def _is_plain(node: nodes.Node) -> bool:
    match node:
        case nodes.Filter(name=name):
            return name in _FILTERS
        case nodes.Call(node=nodes.Getattr(attr=name), kwargs=[], dyn_args=None, dyn_kwargs=None):
            return name in _METHODS
        case nodes.Getattr(node=nodes.Name(name="loop"), attr=name):
            return name in _POSITIONS
        case nodes.Getattr(attr=name):
            return name in _METHODS
        case nodes.For():
            return not (node.else_ or node.test or node.recursive)
    return isinstance(node, _PLAIN)

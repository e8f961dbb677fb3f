"""PromptSource's answer_choices that are each row's own: of a list, or of columns of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from jinja2 import nodes

from taskatlas.errors import InputError
from taskatlas.importers.constants import CHOICES
from taskatlas.importers.lists import folded_elements
from taskatlas.importers.paths import dotted
from taskatlas.importers.spelt import write_out_expressions
from taskatlas.importers.syntax import is_blank, names_in, pieces_of, tree_of
from taskatlas.predict.sandbox import LIST, compile_template
from taskatlas.schemas.inputs import CHOICE_LABELS

_BAR = "|||"
_OF_TEXTS = frozenset({
    "capitalize", "choice", "first", "lower", "random", "replace", "string", "title", "trim", "upper",
})  # fmt: skip
"""What shows a text in other letters, or one of several texts that are right."""


@dataclass(frozen=True)
class RowChoices:
    """Choices that are each row's own.

    Attributes:
        columns: their list, or the columns that they are in.
        texts: how each is shown, over columns, or over `choices` where a column holds it as it is; none for a list.
        expressions: the same, to be written into an expression; none where the template may go over the list.
        roles: what columns are called where they hold a choice as it is.
    """

    columns: tuple[str, ...]
    texts: tuple[str, ...]
    expressions: tuple[str, ...]
    roles: dict[str, str]

    def written_out(self, template: str) -> str:
        """Return a template with what it shows of answer_choices."""
        return write_out_expressions(template, self.expressions) if self.expressions else template


def row_choices(choices: str) -> RowChoices:
    """Return the choices of a row.

    Raises:
        InputError: they are made from the row by a rule of their own.
        PromptError: they hold what a prompt may not hold.

    """
    if column := _list_column(choices):
        return RowChoices((column,), (), (), {column: LIST, CHOICES: LIST})
    try:
        texts = [folded_elements(piece.strip()) for piece in choices.split(_BAR)]
        names = [sorted(names_in(_tree(text))) for text in texts]
    except InputError:
        texts, names = [], [[]]
    if not all(len(each) == 1 for each in names) or not 2 <= len(texts) <= len(CHOICE_LABELS):
        column = min(names_in(tree_of(choices)))
        raise InputError(f"its answer choices depend on the row by a rule (column {dotted(column)!r})")
    own = by_column(texts)
    if own.columns:
        return replace(own, roles={**own.roles, CHOICES: LIST})
    return replace(own, expressions=tuple(f"({_inner(text)})" for text in texts))


def by_column(texts: Sequence[str]) -> RowChoices:
    """Return choices that are texts over columns; where each shows one whole column, they are named by their places.

    Raises:
        PromptError: they hold what a prompt may not hold.

    """
    for text in texts:
        compile_template(text, tuple(sorted(names_in(_tree(text)))), "answer choices")
    if columns := bare_names(texts):
        roles = {column: f"{LIST}[{place}]" for place, column in enumerate(columns)}
        return RowChoices(columns, tuple(f"{{{{ {variable} }}}}" for variable in roles.values()), (), roles)
    return RowChoices((), tuple(texts), (), {})


def are_letters(choices: Sequence[str]) -> bool:
    """Return whether choices name the places of others."""
    return tuple(choice.strip("(). ").upper() for choice in choices) == CHOICE_LABELS[: len(choices)]


def bare_names(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of texts that show one whole column each, and each another one; else nothing.

    >>> bare_names(["{{ a }}", "{{b}}"]), bare_names(["{{ a }}", "none"])
    (('a', 'b'), ())
    """
    if not all(map(_is_name, texts)):
        return ()
    names = tuple(min(names_in(_tree(text))) for text in texts)
    return names if len(set(names)) == len(names) else ()


def is_column(target: nodes.Node) -> bool:
    """Return whether a target is what a column says, in other letters at most."""
    while isinstance(target, nodes.Filter) and target.name in _OF_TEXTS and target.node is not None:
        target = target.node
    if isinstance(target, nodes.Getitem) and isinstance(target.arg, nodes.Const):
        target = target.node
    return isinstance(target, nodes.Name) and target.name != CHOICES


def is_counted_choice(target: nodes.Node, columns: Collection[str]) -> bool:
    """Return whether a target is the choice at the place that the label says, or the choice itself."""
    match target:
        case nodes.Getitem(node=nodes.Name(name=name), arg=index) if name in {CHOICES, *columns}:
            return is_counted(index)
        case nodes.For(target=nodes.Name(name=each), body=[nodes.If(test=test, body=[nodes.Output(nodes=[*shown])])]):
            equal = isinstance(test, nodes.Compare) and test.expr == nodes.Name(each, "load") and test.ops[0].op == "eq"
            return equal and all(_is_own_place(node) or is_blank(node) for node in shown)
        case nodes.TemplateData():
            return False
    return is_column(target)


def are_in_order(targets: Sequence[nodes.Node], columns: Sequence[str]) -> bool:
    """Return whether targets that are choices themselves, one for each case, come in the order of the choices."""
    named = [columns.index(each.name) for each in targets if isinstance(each, nodes.Name) and each.name in columns]
    return named == sorted(named) and (not named or len(named) == len(targets))


def _is_own_place(node: nodes.Node) -> bool:
    """Return whether a node within a loop is the choice at the loop's own place."""
    match node:
        case nodes.Getitem(node=nodes.Name(name=name), arg=nodes.Sub(left=counted, right=nodes.Const(value=1))):
            return name == CHOICES and counted == nodes.Getattr(nodes.Name("loop", "load"), "index", "load")
    return False


def is_counted(index: nodes.Node) -> bool:
    """Return whether an index is that of the label: the label, counted from somewhere, found in the choices, or by
    letters in their order."""
    match index:
        case nodes.Name():
            return True
        case nodes.Sub(left=inner, right=nodes.Const()) | nodes.Filter(node=inner, name="int"):
            return isinstance(inner, nodes.Node) and is_counted(inner)
        case nodes.Call(node=nodes.Name(), args=[]):
            return False
        case nodes.Call(node=nodes.Getattr(node=nodes.List(items=[*items]), attr="index"), args=[sought]):
            values = [str(item.value) for item in items if isinstance(item, nodes.Const)]
            return len(values) == len(items) and values == sorted(values) and _is_value(sought)
        case nodes.Call(node=nodes.Getattr(attr="index"), args=[sought]):
            return _is_value(sought)
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(), attr="strip" | "lstrip" | "rstrip" | "upper"), args=[]):
            return True
        case nodes.Getitem(node=nodes.Dict(items=[*pairs]), arg=nodes.Name()):
            codes = {
                str(pair.key.value): pair.value.value
                for pair in pairs
                if isinstance(pair.key, nodes.Const) and isinstance(pair.value, nodes.Const)
            }
            return [codes[key] for key in sorted(codes)] == [*range(len(pairs))]
    return False


def _is_value(sought: nodes.Node) -> bool:
    """Return whether what is looked up is what a column says, or its first element, or what marks the right choice."""
    match sought:
        case nodes.Name() | nodes.Const() | nodes.Getitem(node=nodes.Name(), arg=nodes.Const()):
            return True
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(), attr="strip" | "lstrip" | "rstrip" | "upper"), args=[]):
            return True
    return False


def _list_column(choices: str) -> str:
    """Return the column of which all elements are choices; '' where there is none."""
    match _tree(choices).body:
        case [
            nodes.Output(nodes=[nodes.Filter(node=nodes.Name(name=column), name="join", args=[nodes.Const(value=bar)])])
        ]:
            return column if isinstance(bar, str) and bar.strip() == _BAR else ""
    return ""


def _tree(text: str) -> nodes.Template:
    return tree_of(text.strip())


def _is_name(text: str) -> bool:
    match _tree(text).body:
        case [nodes.Output(nodes=[nodes.Name()])]:
            return True
    return False


def _inner(text: str) -> str:
    """Return the expression of a text that shows nothing else.

    Raises:
        InputError: it shows more.
    """
    pieces = [piece for piece in pieces_of(text) if piece[0] != "whitespace"]
    kinds = [kind for kind, _ in pieces]
    if kinds[:1] != ["variable_begin"] or kinds[-1:] != ["variable_end"] or kinds.count("variable_begin") > 1:
        raise InputError("its answer choices depend on the row by a rule")
    return "".join(text for _, text in pieces[1:-1])

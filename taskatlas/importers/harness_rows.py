"""lm-evaluation-harness: answers that are each row's own, of a column that is their list or of a list of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import nodes

from taskatlas.errors import InputError
from taskatlas.importers.paths import dotted, folded_paths
from taskatlas.importers.rowchoices import RowChoices, are_in_order, by_column, is_counted
from taskatlas.importers.syntax import Piece, is_blank, literal_template, names_in, pieces_of, tree_of
from taskatlas.predict.sandbox import LIST
from taskatlas.schemas.inputs import CHOICE_LABELS


def own_choices(choices: object) -> RowChoices | None:
    """Return the choices of a row, as `doc_to_choice` has them; None where they are the same for all rows.

    Raises:
        InputError: they are made from the row by a rule of their own.

    """
    if isinstance(choices, list) and all(isinstance(each, str) for each in choices):
        texts = [folded_paths(each) for each in choices]
        return by_column(texts) if any("{{" in text and names_in(tree_of(text)) for text in texts) else None
    if not isinstance(choices, str):
        return None
    source = folded_paths(choices if "{{" in choices else "{{" + choices + "}}")
    tree = tree_of(source)
    if not names_in(tree):
        return None
    match [node for each in tree.body if isinstance(each, nodes.Output) for node in each.nodes if not is_blank(node)]:
        case [nodes.Name(name=column)]:
            return RowChoices((column,), (), (), {column: LIST})
        case [nodes.List(items=[*items])] if 2 <= len(items) <= len(CHOICE_LABELS):
            written = [text for text in _items(source) if text]  # a comma may stand behind the last
            if len(written) == len(items):
                return by_column([_text(item, text) for item, text in zip(items, written, strict=True)])
    raise _by_rule(tree)


def answer_columns(target: object, own: RowChoices) -> tuple[frozenset[str], str]:
    """Return the columns that say which choice of a row is right, and what a person should know of it.

    Raises:
        InputError: the target is neither a choice nor its place, its letter or its text.

    """
    if isinstance(target, int) or (isinstance(target, str) and target.strip().isdecimal()):
        place = int(target)
        if not 0 <= place < len(CHOICE_LABELS):
            raise InputError("its doc_to_target is no place of a choice")
        return frozenset(), f"the right choice is {CHOICE_LABELS[place]} in every row"
    if not isinstance(target, str) or not target.strip():
        raise InputError("its doc_to_target is no choice")
    if target.isidentifier():
        return frozenset({target}), ""
    tree = tree_of(folded_paths(target))
    shown = [node for each in tree.body if isinstance(each, nodes.Output) for node in each.nodes if not is_blank(node)]
    cases = [case for node in shown for case in _cases(node)]
    named = [case for case in cases if isinstance(case, nodes.Name) and case.name in own.columns]
    if len(shown) != 1 or not (
        all(map(is_counted, cases)) if not named else len(named) == len(cases) and are_in_order(cases, own.columns)
    ):
        raise InputError("its target is not the choice at the place of its label")
    columns = names_in(tree) - set(own.columns) - _looked_up_in(tree)
    return frozenset(columns), "" if isinstance(shown[0], nodes.Name) else f"the right choice is {target.strip()}"


def _cases(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield what an expression may be, whatever its conditions say."""
    if isinstance(node, nodes.CondExpr):
        for either in filter(None, (node.expr1, node.expr2)):
            yield from _cases(either)
    else:
        yield node


def _looked_up_in(tree: nodes.Template) -> set[str]:
    """Return the columns that are lists in which the answer of another column is looked up."""
    return {
        call.node.node.name
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "index" and isinstance(call.node.node, nodes.Name)
        if call.args and not isinstance(call.args[0], nodes.Const)
    }


def _text(item: nodes.Node, source: str) -> str:
    """Return a choice as a template; texts that are added are put side by side."""
    if isinstance(item, nodes.Const):
        return literal_template(str(item.value))
    for node in item.find_all(nodes.Add) if not isinstance(item, nodes.Add) else [item, *item.find_all(nodes.Add)]:
        if any(isinstance(each, nodes.Const) and not isinstance(each.value, str) for each in (node.left, node.right)):
            raise _by_rule(item)
    return "{{ " + source + " }}"


def _items(source: str) -> Iterator[str]:
    """Yield the elements of the one list that a template shows, as they are written."""
    pieces = [*_within_braces(pieces_of(source))]
    depth, item = 0, ""
    for _, text in pieces:
        if depth == 1 and text in {",", "]"}:
            yield item.strip()
            item = ""
        elif depth:
            item += "~" if text == "+" else text
        depth += (text in {"[", "(", "{"}) - (text in {"]", ")", "}"})


def _within_braces(pieces: Sequence[Piece]) -> Iterator[Piece]:
    yield from (piece for piece in pieces if piece[0] not in {"variable_begin", "variable_end", "data"})


def _by_rule(node: nodes.Node) -> InputError:
    return InputError(f"its answer choices depend on the row by a rule (column {dotted(min(names_in(node)))!r})")

"""A template over the columns of somebody's data set → the same template over text and text_pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from jinja2 import nodes

from taskatlas.errors import InputError
from taskatlas.importers.conditions import require_plain_conditions
from taskatlas.importers.lists import list_columns
from taskatlas.importers.paths import dotted
from taskatlas.importers.syntax import loop_names, names_in, pieces_of, tree_of, variable_positions
from taskatlas.predict.sandbox import LIST
from taskatlas.schemas.inputs import is_field_name


def columns_of(template: str, *, of_rows: bool = False) -> tuple[list[str], list[str]]:
    """Return the columns that a template shows, and those by which it only chooses its words, both in the order in
    which they first stand in it.

    Args:
        template: the template.
        of_rows: whether `choices` are the row's own, and no column.

    Raises:
        InputError: it is not Jinja2, shows no column, or takes another one for a list.

    """
    tree, pieces = tree_of(template), pieces_of(template)
    names = names_in(tree) - loop_names(tree) - {"loop"}
    columns = names - ({LIST} if of_rows else set())
    if lists := sorted(list_columns(tree) & columns):
        raise InputError(f"it takes the column {dotted(lists[0])!r} for a list")
    if not names:
        raise InputError("it shows no column")
    require_plain_conditions(tree, columns - _shown_names(tree))
    in_order = dict.fromkeys(pieces[at][1] for at in variable_positions(pieces, columns))
    shown = _shown_names(tree)
    return [name for name in in_order if name in shown], [name for name in in_order if name not in shown]


def named_roles(columns: Sequence[str], text: str, text_pair: str | None, known: Mapping[str, str]) -> dict[str, str]:
    """Return column → variable, where a person named the texts; of more than two columns the others are fields.

    Args:
        columns: those of the template.
        text: the column that is the text.
        text_pair: the column that is the second text.
        known: column → variable, as datasets have the others.

    Raises:
        InputError: there are two columns, and one of them is neither.

    """
    roles = {text: "text"} | ({text_pair: "text_pair"} if text_pair else {})
    roles |= {
        column: variable for column, variable in known.items() if column not in roles and variable not in roles.values()
    }
    others = [column for column in columns if column not in roles]
    if others and len(columns) <= 2:
        raise InputError(f"it shows the column {dotted(others[0])!r}, which neither --text nor --text-pair names")
    return roles | field_roles(others, roles.values())


def guessed_roles(columns: Sequence[str], pair: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Guess column → variable: a single column is the text; of two, the first is; of more, all but the first are
    fields, where no template of the file shows two.

    Args:
        columns: those of the template, in the order in which they stand in it.
        pair: the columns of the first template of the file that shows two. The file's other templates follow it, as
            a column that is the text in one template and the second text in the next would mix up their inputs.
        known: column → variable, as far as somebody knows them; what is left follows from them.

    """
    if known:
        variables = ("text", "text_pair")[: 2 if len(columns) <= 2 else 1]
        free = [variable for variable in variables if variable not in known.values()]
        others = [column for column in columns if column not in known]
        roles = {**known, **dict(zip(others, free, strict=False))}
        return roles | field_roles([column for column in columns if column not in roles], roles.values())
    if len(columns) > 2:
        texts = [column for column in pair if column in columns] if set(columns) & set(pair) else columns[:1]
        roles = {column: ("text", "text_pair")[pair.index(column) if column in pair else 0] for column in texts}
        return roles | field_roles([column for column in columns if column not in roles], roles.values())
    ordered = pair if set(columns) <= set(pair) else columns
    # a column that has the name of a variable is that variable
    ordered = sorted(ordered, key=lambda column: (column == "text_pair") - (column == "text"))
    return dict(zip(ordered, ("text", "text_pair"), strict=False))


def field_roles(columns: Sequence[str], taken: Iterable[str]) -> dict[str, str]:
    """Return column → the name of a field: its own, or one that is like it.

    >>> field_roles(["question", "choices__dot__text", "label"], ["label_2"])
    {'question': 'question', 'choices__dot__text': 'choices_text', 'label': 'label_3'}
    """
    used, roles = set(taken), dict[str, str]()
    for column in columns:
        plain = "".join(letter if letter.isascii() else "_" for letter in dotted(column).replace(".", "_")).strip("_")
        base = plain[:50] if plain[:1].isalpha() else f"field_{plain[:50]}"
        names = (base, *(f"{base}_{number}" for number in range(2, 100)))
        roles[column] = next(name for name in names if is_field_name(name) and name not in used)
        used.add(roles[column])
    return roles


def rename_columns(template: str, roles: Mapping[str, str]) -> str:
    """Return the template with its columns renamed where they are variables, and nowhere else.

    >>> rename_columns("{{ title }} of title", {"title": "text"})
    '{{ text }} of title'

    Raises:
        InputError: it is not Jinja2, or its columns cannot be told from its other words.

    """
    tree, pieces = tree_of(template), pieces_of(template)
    for at in variable_positions(pieces, set(roles)):
        pieces[at] = ("name", roles[pieces[at][1]])
    renamed = "".join(text for _, text in pieces)
    expressions = {column: _expression(variable) for column, variable in roles.items()}
    try:
        same = tree_of(renamed) == _with_names(tree, expressions)
    except InputError:
        same = False
    if not same:
        raise InputError("its columns have names that cannot be told from words of Jinja2")
    return renamed


def _expression(variable: str) -> nodes.Node:
    """Return the syntax of a variable, or of one choice: `choices[0]`."""
    shown: nodes.Node = tree_of("{{ " + variable + " }}").body[0].nodes[0]  # type: ignore[attr-defined]
    return shown


def _with_names(tree: nodes.Node, expressions: Mapping[str, nodes.Node]) -> nodes.Node:
    """Return a syntax tree with names replaced; without recursion, as `a + a + ...` is deep."""
    left = [tree]
    while left:
        node = left.pop()
        for field, value in node.iter_fields():
            if isinstance(value, nodes.Name) and value.name in expressions:
                setattr(node, field, expressions[value.name])
            elif isinstance(value, list):
                value[:] = [
                    expressions[each.name] if isinstance(each, nodes.Name) and each.name in expressions else each
                    for each in value
                ]
        left += node.iter_child_nodes()
    return tree


def _shown_names(node: nodes.Node) -> set[str]:
    """Return the variables of which something is shown, and that do not only stand in conditions."""
    if isinstance(node, nodes.Name):
        return {node.name}
    if isinstance(node, nodes.Compare | nodes.Test | nodes.Not):
        return set()
    inner = node.iter_child_nodes(exclude=("test",) if isinstance(node, nodes.If | nodes.CondExpr) else None)
    return set().union(*(_shown_names(child) for child in inner))

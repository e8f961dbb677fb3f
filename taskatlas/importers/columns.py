"""A template over the columns of somebody's data set → the same template over text and text_pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinja2 import nodes

from taskatlas.errors import InputError
from taskatlas.importers.syntax import names_in, pieces_of, tree_of, variable_positions


def columns_of(template: str) -> list[str]:
    """Return the columns that a template shows, in the order in which they first stand in it.

    Raises:
        InputError: it is not Jinja2, shows no column, uses one as a list, or one only to choose its words.

    """
    tree, pieces = tree_of(template), pieces_of(template)
    names = names_in(tree)
    for node in tree.find_all(nodes.Getitem):
        if isinstance(node.node, nodes.Name) and not isinstance(node.arg, nodes.Slice):
            raise InputError(f"it takes the column {node.node.name!r} for a list")
    if deciding := sorted(names - _shown_names(tree)):
        raise InputError(f"it shows other words by the column {deciding[0]!r}, which is no text")
    if not names:
        raise InputError("it shows no column")
    return list(dict.fromkeys(pieces[at][1] for at in variable_positions(pieces, names)))


def named_roles(columns: Sequence[str], text: str, text_pair: str | None) -> dict[str, str]:
    """Return column → variable, for columns that a person named.

    Raises:
        InputError: the template shows another column.

    """
    roles = {text: "text"} | ({text_pair: "text_pair"} if text_pair else {})
    for column in columns:
        if column not in roles:
            raise InputError(f"it shows the column {column!r}, which neither --text nor --text-pair names")
    return roles


def guessed_roles(columns: Sequence[str], pair: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Guess column → variable: a single column is the text; of two, the first is.

    Args:
        columns: those of the template, in the order in which they stand in it.
        pair: the columns of the first template of the file that shows two. The file's other templates follow it, as
            a column that is the text in one template and the second text in the next would mix up their inputs.
        known: column → variable, as far as somebody knows them; what is left follows from them.

    Raises:
        InputError: the template shows three columns or more.

    """
    if len(columns) > 2:
        raise InputError(
            f"it shows {len(columns)} columns ({', '.join(columns[:5])}), and an input has at most two texts"
        )
    if known:
        free = [variable for variable in ("text", "text_pair") if variable not in known.values()]
        others = [column for column in columns if column not in known]
        return {**known, **dict(zip(others, free, strict=False))}
    ordered = pair if set(columns) <= set(pair) else columns
    # a column that has the name of a variable is that variable
    ordered = sorted(ordered, key=lambda column: (column == "text_pair") - (column == "text"))
    return dict(zip(ordered, ("text", "text_pair"), strict=False))


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
    for node in tree.find_all(nodes.Name):
        node.name = roles.get(node.name, node.name)
    try:
        same = tree_of(renamed) == tree
    except InputError:
        same = False
    if not same:
        raise InputError("its columns have names that cannot be told from words of Jinja2")
    return renamed


def _shown_names(node: nodes.Node) -> set[str]:
    """Return the variables of which something is shown, and that do not only stand in conditions."""
    if isinstance(node, nodes.Name):
        return {node.name}
    if isinstance(node, nodes.Compare | nodes.Test | nodes.Not):
        return set()
    inner = node.iter_child_nodes(exclude=("test",) if isinstance(node, nodes.If | nodes.CondExpr) else None)
    return set().union(*(_shown_names(child) for child in inner))

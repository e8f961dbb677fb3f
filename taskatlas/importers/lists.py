"""Columns that a template takes for lists: those that it loops over, puts together, counts out or takes apart."""

from __future__ import annotations

from collections.abc import Iterator, Set

from jinja2 import nodes

from taskatlas.importers.paths import folded_name, is_path
from taskatlas.importers.syntax import pieces_of, tree_of

_OF_LISTS = frozenset({"join", "first", "last", "random", "choice"})


def list_columns(tree: nodes.Template) -> set[str]:
    """Return the columns that a template takes for lists.

    One of which only the first element is shown, beside all from the second on, is a text whose first letter is
    changed.

    >>> from taskatlas.importers.syntax import tree_of
    >>> sorted(list_columns(tree_of("{{ a[0]|lower }}{{ a[1:] }} {{ b[2] }} {{ c | join }} {{ d.split('.')[0] }}")))
    ['b', 'c']
    """
    shown_whole = {
        each.node.name
        for each in tree.find_all(nodes.Getitem)
        if isinstance(each.node, nodes.Name) and isinstance(each.arg, nodes.Slice)
    }
    return {name for name, index in _taken(tree) if not (index == 0 and name in shown_whole)}


def folded_elements(template: str, apart: Set[str] = frozenset()) -> str:
    """Return a template in which elements of lists that are shown by their places alone are columns.

    >>> folded_elements("{{ pair[0] }} and {{ pair[1] }}, {{ word[0] }}{{ word[1:] }}")
    '{{ pair__dot__0 }} and {{ pair__dot__1 }}, {{ word[0] }}{{ word[1:] }}'
    """
    tree = tree_of(template)
    taken = [(name, index) for name, index in _taken(tree) if name in list_columns(tree) - apart]
    counted = {name for name, _ in taken} - {name for name, index in taken if type(index) is not int or index < 0}
    known = {name for name, index in taken if index != 0 or is_path(name)}
    pieces = pieces_of(template)
    for at in reversed([index for index, (_, text) in enumerate(pieces) if text in counted & known]):
        match pieces[at + 1 : at + 4]:
            case [(_, "["), ("integer", place), (_, "]")]:
                pieces[at : at + 4] = [("name", folded_name(f"{pieces[at][1]}.{place}"))]
    return "".join(text for _, text in pieces)


def joined_as_lines(template: str, apart: Set[str]) -> tuple[str, frozenset[str]]:
    r"""Return a template in which lists that are put together are texts with a line for each element, and these lists.

    >>> joined_as_lines("{{ facts | join(' ') }} {{ choices | join }}", {"choices"})
    ("{{ facts | replace('\\n', ' ') }} {{ choices | join }}", frozenset({'facts'}))
    """
    pieces = pieces_of(template)
    seen: set[str] = set()
    for at in range(len(pieces)):
        if pieces[at][0] != "name" or pieces[at][1] in apart or pieces[at][1] == "loop":
            continue
        following = [index for index in range(at + 1, len(pieces)) if pieces[index][0] != "whitespace"][:5]
        match [pieces[index][1] for index in following]:
            case ["|", "join", "(", separator, ")"] if pieces[following[3]][0] == "string":
                pieces[following[1]] = ("name", "replace")
                pieces[following[3]] = ("string", f"'\\n', {separator}")
                seen.add(pieces[at][1])
    return "".join(text for _, text in pieces), frozenset(seen)


def _taken(tree: nodes.Template) -> Iterator[tuple[str, object]]:
    """Yield names that are taken for lists, with the index where it is one that is written out."""
    loops: list[nodes.Node] = [each.iter for each in tree.find_all(nodes.For)]
    filtered: list[nodes.Node] = [
        each.node for each in tree.find_all(nodes.Filter) if each.name in _OF_LISTS and each.node is not None
    ]
    for each in (*loops, *filtered):
        is_some = isinstance(each, nodes.Getitem) and isinstance(each.arg, nodes.Slice)
        whole = each.node if is_some else each  # type: ignore[attr-defined]
        if isinstance(whole, nodes.Name):
            yield whole.name, None
    for each in tree.find_all(nodes.Getitem):
        if isinstance(each.node, nodes.Name) and not isinstance(each.arg, nodes.Slice):
            yield each.node.name, each.arg.value if isinstance(each.arg, nodes.Const) else None

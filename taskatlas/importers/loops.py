"""Loops over the places of a list, or over a list beside the names of its places, as loops over the list itself."""

from __future__ import annotations

from collections.abc import Collection

from jinja2 import nodes

from taskatlas.importers.constants import CHOICES
from taskatlas.importers.syntax import Piece, names_in, pieces_of, text_literal, tree_of, variable_positions

_COUNTER = "loop.index0"
_NAMES_OF_EACH = ("each", *(f"each_{number}" for number in range(2, 200)))
"""What a loop may call what it goes over."""


def plain_loops(template: str) -> str:
    """Return a template whose loops over `range(LIST | length)` and `zip(answer_choices, LIST)` go over the list.

    >>> plain_loops("{% for k in range(items | length) %}{{ answer_choices[k] }}: {{ items[k] }}{% endfor %}")
    '{% for k in items %}{{ answer_choices[loop.index0] }}: {{ k }}{% endfor %}'
    >>> plain_loops("{% for a, b in zip(answer_choices, items) %}{{ a }}: {{ b }}{% endfor %}")
    '{% for b in items %}{{ answer_choices[loop.index0] }}: {{ b }}{% endfor %}'
    """
    pieces = _without_spaces_in_blocks(pieces_of(template))
    for at in reversed([index for index, piece in enumerate(pieces) if piece == ("name", "for")]):
        words = [text for _, text in pieces[at : at + 24] if text.strip()]
        match words[1:]:
            case [each, "in", "range", "(", name, "|", "length" | "count", ")", *_]:
                _over_places(pieces, at, each, name)
            case [first, ",", each, "in", "zip", "(", "answer_choices", ",", name, ")", *_]:
                _beside_names(pieces, at, first, each, name)
    return _joined_lists("".join(text for _, text in pieces))


def apart_loops(template: str, taken: Collection[str]) -> str:
    """Return a template in which no loop gives a name that means something else, within the loop or outside of it.

    >>> apart_loops("{{ text }}{% for text in choices %}{{ text }}{% endfor %}", {"text"})
    '{{ text }}{% for each in choices %}{{ each }}{% endfor %}'
    """
    pieces = pieces_of(template)
    names = names_in(tree_of(template)).union(taken)
    places: dict[str, set[int]] = {}
    for at in [index for index, piece in enumerate(pieces) if piece == ("name", "for")]:
        head = next(index for index in range(at + 1, len(pieces)) if pieces[index][0] != "whitespace")
        used = variable_positions(pieces, {pieces[head][1]})
        within = {head, *(index for index in used if index in range(*_body(pieces, at)))}
        places[pieces[head][1]] = places.get(pieces[head][1], set()) | within
    for name, own in places.items():
        if name in taken or set(variable_positions(pieces, {name})) - own:
            free = next(each for each in _NAMES_OF_EACH if each not in names)
            names.add(free)
            for index in own:
                pieces[index] = ("name", free)
    return "".join(text for _, text in pieces)


def _over_places(pieces: list[Piece], at: int, each: str, name: str) -> None:
    """Rewrite a loop over the places of a list; one that makes something else of them stays."""
    start, end = _body(pieces, at)
    body = [*pieces[start:end]]
    for index in reversed([index for index, piece in enumerate(body) if piece == ("name", each)]):
        before, after = body[index - 2 : index], body[index + 1 : index + 2]
        if [text for _, text in after] != ["]"] or [text for _, text in before][1:] != ["["]:
            return
        if before[0] == ("name", name):
            body[index - 2 : index + 2] = [("name", each)]
        else:
            body[index] = ("data", _COUNTER)
    pieces[start:end] = body
    _set_head(pieces, at, each, name)


def _beside_names(pieces: list[Piece], at: int, first: str, each: str, name: str) -> None:
    start, end = _body(pieces, at)
    named = ("data", f"{CHOICES}[{_COUNTER}]")
    pieces[start:end] = [named if piece == ("name", first) else piece for piece in pieces[start:end]]
    _set_head(pieces, at, each, name)


def _set_head(pieces: list[Piece], at: int, each: str, name: str) -> None:
    close = next(index for index in range(at, len(pieces)) if pieces[index][0] == "block_end")
    head = f"for {each} in {name} "
    pieces[at:close] = [("data", head)]


def _body(pieces: list[Piece], at: int) -> tuple[int, int]:
    """Return where the body of a loop begins and ends; loops within have been looked at before."""
    start = next(index for index in range(at, len(pieces)) if pieces[index][0] == "block_end") + 1
    depth = 1
    for index in range(start, len(pieces)):
        depth += (pieces[index] == ("name", "for")) - (pieces[index] == ("name", "endfor"))
        if depth == 0:
            return start, max(before for before in range(index) if pieces[before][0] == "block_begin")
    return start, len(pieces)


def _without_spaces_in_blocks(pieces: list[Piece]) -> list[Piece]:
    """Return pieces without white space before brackets, so that what belongs together stands together."""
    return [
        piece
        for index, piece in enumerate(pieces)
        if not (piece[0] == "whitespace" and index + 1 < len(pieces) and pieces[index + 1][1] in {"[", "]"})
    ]


def _joined_lists(template: str) -> str:
    """Return a template in which texts that are put together of a written list stand side by side.

    >>> _joined_lists("{{ '. '.join([a, b]) }} {{ ['A', 'B'][loop.index0] }}")
    "{{ a ~ '. ' ~ b }} {{ 'AB'[loop.index0] }}"
    """
    pieces = pieces_of(template)
    for at in reversed(range(len(pieces))):
        match [text for _, text in pieces[at : at + 5]]:
            case [separator, ".", "join", "(", "["] if pieces[at][0] == "string":
                _side_by_side(pieces, at, separator)
    for at in reversed([index for index, piece in enumerate(pieces) if piece[1] == "["]):
        _letters(pieces, at)
    return "".join(text for _, text in pieces)


def _side_by_side(pieces: list[Piece], at: int, separator: str) -> None:
    depth, commas = 0, list[int]()
    for index in range(at + 4, len(pieces)):
        text = pieces[index][1]
        depth += (text in {"[", "(", "{"}) - (text in {"]", ")", "}"})
        if text == "," and depth == 1:
            commas.append(index)
        if depth == 0:
            if pieces[index + 1][1] == ")":
                for comma in commas:
                    pieces[comma] = ("data", f" ~ {separator} ~")
                pieces[index : index + 2] = []
                pieces[at : at + 5] = []
            return


def _letters(pieces: list[Piece], at: int) -> None:
    """Write a list of letters as a text, of which a place can be shown."""
    end = next((index for index in range(at, len(pieces)) if pieces[index][1] == "]"), None)
    if end is None or [text for _, text in pieces[end + 1 : end + 5]] != ["[", "loop", ".", "index0"]:
        return
    source = "".join(text for _, text in pieces[at : end + 1])
    match tree_of("{{ " + source + " }}").body:
        case [nodes.Output(nodes=[nodes.TemplateData(), *_] | [nodes.List()] as shown)]:
            items = [item for each in shown if isinstance(each, nodes.List) for item in each.items]
            letters = [item.value for item in items if isinstance(item, nodes.Const) and isinstance(item.value, str)]
            if len(letters) == len(items) > 0 and all(len(letter) == 1 for letter in letters):
                pieces[at : end + 1] = [("string", text_literal("".join(letters)))]

"""PromptSource's answer_choices within a template: as the choices are fixed, what is shown of them is, too."""

from __future__ import annotations

from collections.abc import Sequence

from taskatlas.errors import InputError
from taskatlas.importers.syntax import Piece, pieces_of, text_literal, tree_of, variable_positions

CHOICES = "answer_choices"
"""The variable's name."""


def write_out_choices(template: str, choices: Sequence[str]) -> str:
    """Return the template with `answer_choices[1]` and `answer_choices | join(", ")` written out as constants.

    >>> write_out_choices("{{ text }} {{ answer_choices[1] }}?", ["no", "yes"])
    "{{ text }} {{ 'yes' }}?"

    Raises:
        InputError: it is not Jinja2, or makes something else of the choices.

    """
    pieces = pieces_of(template)
    # from the end, so that positions before a change stay
    for at in reversed(variable_positions(pieces, {CHOICES})):
        following = [index for index in range(at + 1, len(pieces)) if pieces[index][0] != "whitespace"]
        text, length = _shown_text([pieces[index] for index in following[:5]], choices)
        pieces[at : following[length - 1] + 1] = [("string", text_literal(text))]
    return "".join(text for _, text in pieces)


def _shown_text(after: Sequence[Piece], choices: Sequence[str]) -> tuple[str, int]:
    """Return the text that is shown, and how many pieces after the variable say so."""
    match [text for _, text in after]:
        case ["[", number, "]", *_] if after[1][0] == "integer":
            return _choice(int(number, 0), choices), 3
        case ["[", "-", number, "]", *_] if after[2][0] == "integer":
            return _choice(-int(number, 0), choices), 4
        case ["|", "join", "(", separator, ")"] if after[3][0] == "string":
            return _text(separator).join(choices), 5
    raise InputError("it makes something of answer_choices other than showing one, or all with join")


def _choice(number: int, choices: Sequence[str]) -> str:
    if not -len(choices) <= number < len(choices):
        raise InputError(f"it shows answer_choices[{number}], and there are {len(choices)}")
    return choices[number]


def _text(literal: str) -> str:
    """Return the text of a constant, as Jinja2 reads it."""
    return str(tree_of("{{" + literal + "}}").body[0].nodes[0].value)  # type: ignore[attr-defined]

"""PromptSource's answer_choices within a template: as the choices are fixed, what is shown of them is, too."""

from __future__ import annotations

from collections.abc import Sequence

from taskatlas.errors import InputError
from taskatlas.importers.constants import CHOICES, written_blocks
from taskatlas.importers.syntax import Piece, pieces_of, text_literal, variable_positions


def write_out_choices(template: str, choices: Sequence[str]) -> str:
    """Return the template with what it shows of `answer_choices` written out as constants.

    >>> write_out_choices("{{ text }} {{ answer_choices[1] }}?", ["no", "yes"])
    "{{ text }} {{ 'yes' }}?"
    >>> write_out_choices("{% for each in answer_choices %}- {{ each }}{% endfor %} {{ text }}", ["no", "yes"])
    "{{ '- no- yes' }} {{ text }}"

    Raises:
        InputError: it is not Jinja2, or makes something else of the choices.

    """
    letters = "".join(choices)
    own = text_literal(letters) if len(letters) == len(choices) else ""
    return _written(written_blocks(template, choices), [text_literal(choice) for choice in choices], own)


def write_out_expressions(template: str, expressions: Sequence[str]) -> str:
    """Return the template with what it shows of `answer_choices` written out as expressions.

    >>> write_out_expressions("{{ answer_choices | join(' or ') }}", ["(a|trim)", "(b)"])
    "{{ (a|trim) ~ ' or ' ~ (b) }}"

    Raises:
        InputError: it is not Jinja2, or makes something else of the choices.

    """
    return _written(template, expressions, "")


def _written(template: str, expressions: Sequence[str], letters: str) -> str:
    pieces = pieces_of(template)
    # from the end, so that positions before a change stay
    for at in reversed(variable_positions(pieces, {CHOICES})):
        following = [index for index in range(at + 1, len(pieces)) if pieces[index][0] != "whitespace"]
        text, length = _shown_text([pieces[index] for index in following[:7]], expressions, letters)
        pieces[at : following[length - 1] + 1] = [("string", text)]
    return "".join(text for _, text in pieces)


def _shown_text(after: Sequence[Piece], expressions: Sequence[str], letters: str) -> tuple[str, int]:
    """Return the expression that is shown, and how many pieces after the variable say so."""
    match [text for _, text in after]:
        case ["[", number, "]", *_] if after[1][0] == "integer":
            return _choice(int(number, 0), expressions), 3
        case ["[", "-", number, "]", *_] if after[2][0] == "integer":
            return _choice(-int(number, 0), expressions), 4
        case ["|", "join", "(", separator, ")", *_] if after[3][0] == "string":
            return f" ~ {separator} ~ ".join(expressions), 5
        case ["[", "loop", ".", "index", "-", "1", "]"] if letters:
            return f"{letters}[loop.index0]", 7
        case ["[", "loop", ".", "index0", "]", *_] if letters:
            return f"{letters}[loop.index0]", 5
    raise InputError("it makes something of answer_choices other than showing one, or all with join")


def _choice(number: int, choices: Sequence[str]) -> str:
    if not -len(choices) <= number < len(choices):
        raise InputError(f"it shows answer_choices[{number}], and there are {len(choices)}")
    return choices[number]

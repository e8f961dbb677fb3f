"""Whether rows have choices of their own: which columns hold them, and which says which one is right.

A file of classes is not to become multiple choice by chance. So columns are choices where a person says so, or where
they are called as choices are, and a label of nearly every row means one of them. What is called as much else is, a and
b or answer1 and answer2, has to be plainer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from taskatlas.adding.choicelabels import ChoiceLabels, read_choice_labels
from taskatlas.adding.guesses import DraftedField
from taskatlas.adding.series import Series, series_of
from taskatlas.cards.labels import to_paste
from taskatlas.errors import InputError
from taskatlas.ingest.cells import plain_name
from taskatlas.ingest.choicelabels import are_marks
from taskatlas.ingest.choices import read_choices, read_list
from taskatlas.ingest.known import decimal
from taskatlas.schemas.inputs import CHOICE_LABELS

Cells = Mapping[str, Sequence[str]]
NONE = "none"
"""What a person says of choices where rows have none."""
_CALLED = frozenset(
    "choice choices option options opt op alternative alternatives candidate candidates ending endings sol solution "  # noqa: SIM905
    "solutions hyp hypothesis hypotheses quiz".split()
)
"""Words by which choices are called, and nothing else is where it comes with a label that counts them."""
_CALLED_LOOSELY = frozenset(("", "answer", "answers", "ans", "response", "responses", "completion", "reply"))
"""How choices may be called, and other things as well."""
_LISTS = _CALLED | {"answers", "responses", "completions", "targets"}
_RIGHT = (
    "label", "answer", "correct", "gold", "key", "target", "right", "cop", "winner", "labels", "scores", "class",
    "solution", "y", "output",
)  # fmt: skip
"""Words by which a column is called that says which choice is right."""
_KINDS = (
    "letters", "what choices are called", "names of columns", "its text", "a mark for each", "indices from 0",
    "indices from 1",
)  # fmt: skip
"""What labels say, the plainest first."""
_BESIDE = frozenset(("label", "labels", "key", "keys", "id", "ids", "score", "scores"))
"""How lists are called that say something of each choice."""
_MOSTLY = 0.9
_ENOUGH = 5
"""Rows for each choice, from which on every place is right somewhere."""


@dataclass(frozen=True)
class ChosenChoices:
    """The choices of a dataset's rows, and their labels.

    Attributes:
        columns: a column that holds them as a list, or a column for each.
        label: the column of labels.
        labels: places, as many as a row has at most.
        label_map: raw label → place, where labels are not read so by themselves.
        taken: all columns that are about choices and labels.
        guesses: what they rest on.
    """

    columns: tuple[str, ...]
    label: str
    labels: tuple[str, ...]
    label_map: Mapping[str, str]
    taken: frozenset[str]
    guesses: tuple[DraftedField, ...]


@dataclass(frozen=True)
class _Columns:
    """Columns that may be choices; `is_said` where a person says so, `is_plain` where nothing else is called so."""

    names: tuple[str, ...]
    first: int | None = None
    is_plain: bool = True
    is_said: bool = False


def choose_choices(
    cells: Cells, said: Sequence[str], label: str | None, labels: Sequence[str], shown: str
) -> ChosenChoices | None:
    """Choose the columns of choices, and of their labels; None where rows have no choices of their own.

    Args:
        cells: column → its cells, of lists and of what is within columns, too.
        said: the columns of choices that a person names, or 'none'; empty: to be guessed.
        label: the column of labels that a person names; None: to be guessed.
        labels: what a person says of labels: places, CODE=PLACE where the column holds codes; empty: to be guessed.
        shown: the file, as errors name it.

    Raises:
        InputError: a column that is said to hold lists holds none, no column says which choice is right, or indices may
            as well begin at 0 as at 1.
    """
    if [*said] == [NONE] and NONE not in cells:
        return None
    if not said and labels and not _codes(labels):
        return None  # a person names classes
    for columns in [_said(cells, said)] if said else _guessed(cells):
        choices = choices_of(cells, columns.names)
        if columns.is_said and max(map(len, choices)) < 2:
            what = f"no row of {', '.join(columns.names)} holds a list of two choices or more"
            raise InputError(what, where=shown, todo="name the column of the lists, or a column for each choice")
        if max(map(len, choices)) > len(CHOICE_LABELS):
            continue
        right = _right(cells, columns, choices, label)
        if right:
            return _chosen(cells, columns, choices, right, labels, shown)
        if columns.is_said:
            which = f"column {label!r} does not say" if label else "no column says"
            what = f"{which} which choice is right: by its letter, its index, its text or a mark for each"
            raise InputError(what, where=shown, todo="name the one that does with --label COLUMN")
    return None


def choices_of(cells: Cells, names: Sequence[str]) -> list[list[str]]:
    """Return the choices of all rows."""
    return [read_choices(row) for row in zip(*(cells[name] for name in names), strict=True)]


def _said(cells: Cells, said: Sequence[str]) -> _Columns:
    first = next((each.first for each in series_of(cells) if each.columns[: len(said)] == tuple(said)), None)
    return _Columns(tuple(said), first, is_said=True)


def _stand_in_a_text(cells: Cells, name: str) -> bool:
    """Whether it is told beside them where they begin: then they are right answers of SQuAD's kind, and no choices."""
    holder = name.rpartition(".")[0]
    return any(other.rpartition(".")[0] == holder and other.endswith("_start") for other in cells if holder)


def _guessed(cells: Cells) -> Iterator[_Columns]:
    """Yield columns that are called as choices are, lists first, and the plainest series before others."""
    for name, own in cells.items():
        is_called_so = _words(name) & _LISTS and not _names_choices(name) and not _stand_in_a_text(cells, name)
        if is_called_so and sum(map(_is_list, own)) >= _MOSTLY * len(own):
            yield _Columns((name,))
    series = series_of(cells)
    yield from (_Columns(each.columns, each.first) for each in series if _is_plain(each))
    for each in series:
        if each.stem.rpartition("_")[2] in _CALLED_LOOSELY and not (each.stem == "" and each.first is not None):
            yield _Columns(each.columns, each.first, is_plain=False)


def _names_choices(name: str) -> bool:
    """Whether a list is called as what says something of choices: choices.label beside choices.text."""
    return plain_name(name).rpartition("_")[2] in _BESIDE


def _is_list(cell: str) -> bool:
    return len(read_choices([cell])) > 1


def _is_plain(series: Series) -> bool:
    return bool(set(series.stem.split("_")) & _CALLED)


def _right(
    cells: Cells, columns: _Columns, choices: Sequence[Sequence[str]], said: str | None
) -> list[tuple[str, ChoiceLabels]]:
    """Return the columns that say which choice is right, and how, the plainest first."""
    beside = _beside(cells, columns)
    fitting = []
    for name in [said] if said else sorted(filter(_rank, cells), key=_rank):
        if name in columns.names or (name in beside and not said):
            continue
        several = columns.names if len(columns.names) > 1 else ()
        called = next((cells[each] for each in beside if each != name), ())
        read = read_choice_labels(cells[name], choices, several, called, columns.first)
        if called and not (read and read.fits):
            read = read_choice_labels(cells[name], choices, several, (), columns.first)
        if (
            read
            and ((columns.is_said and said) or read.fits)
            and (columns.is_said or _is_plausible(read, cells, columns, choices))
        ):
            fitting.append((name, read))
    return sorted(fitting, key=lambda each: _KINDS.index(each[1].kind))


def _beside(cells: Cells, columns: _Columns) -> list[str]:
    """Return the columns of what choices are called: choices.label beside choices.text; no marks."""
    outer, dot, _ = columns.names[0].rpartition(".")
    if len(columns.names) > 1 or not dot:
        return []
    names = [name for name in cells if name.rpartition(".")[0] == outer and _names_choices(name)]
    return [name for name in names if name not in columns.names and all(map(_calls, filter(None, cells[name])))]


def _calls(cell: str) -> bool:
    """Whether a list says what choices are called, and not which is right."""
    items = read_list(cell)
    return bool(items) and not are_marks(items)


def _is_plausible(read: ChoiceLabels, cells: Cells, columns: _Columns, choices: Sequence[Sequence[str]]) -> bool:
    """Whether columns that nobody named are choices by what they and their labels hold."""
    n, rows = len(columns.names), [own for own in choices if len(own) > 1]
    if len(rows) < _MOSTLY * len(choices):
        return False
    usual = sorted(map(len, rows))[len(rows) // 2]
    is_whole = len(read.right) >= usual or len(rows) < _ENOUGH * usual
    if read.are_indices and n > 1 and not is_whole:
        return False
    if columns.is_plain:
        return True
    own_cells = [cells[name] for name in columns.names]
    are_numbers = all(decimal(cell) is not None for own in own_cells for cell in own if cell)
    are_shares = are_numbers and all(0 <= float(cell) <= 1 for own in own_cells for cell in own if cell)
    differ = sum(len(set(own)) == len(own) for own in rows) >= _MOSTLY * len(rows)
    if n == 2:
        return differ and not read.are_indices and not are_numbers and not any(map(_comes_again, own_cells))
    return differ and not are_shares and not (are_numbers and read.are_indices)


def _comes_again(own: Sequence[str]) -> bool:
    """Whether a column has few values, as flags and classes have."""
    return len(set(own)) <= len(own) / 5


def _rank(name: str) -> int:
    """How early a column is called as right choices are, from 1 on; 0: never."""
    words = plain_name(name).split("_")
    return min((1 + _RIGHT.index(word) for word in words if word in _RIGHT), default=0)


def _words(name: str) -> set[str]:
    return set(plain_name(name).split("_"))


def _chosen(
    cells: Cells,
    columns: _Columns,
    choices: Sequence[Sequence[str]],
    right: Sequence[tuple[str, ChoiceLabels]],
    said: Sequence[str],
    shown: str,
) -> ChosenChoices:
    (label, read), *others = right
    codes = _codes(said)
    if said and not codes:
        what = f"labels of rows with their own choices are {', '.join(CHOICE_LABELS[:3])} and so on"
        raise InputError(what, where="--labels", todo="say what leads to them, such as 1=A,2=B, or nothing")
    most = max(*map(len, choices), len(set(codes.values())))
    places = CHOICE_LABELS[:most]
    label_map = {code: place for code, place in codes.items() if code != place} if said else dict(read.label_map)
    if read.is_open and not label_map:
        raise _open(label, choices, cells[label], shown)
    listed = ", ".join(columns.names)
    why = "" if columns.is_said else "as choices are called, and labels mean one each; --choices none: no choices"
    also = f"; or {', '.join(name for name, _ in others[:5])}" if others else ""
    are = f"{places[0]} to {places[-1]}" if most > 2 else "A, B"
    told = (
        DraftedField("choices", listed, why, "--choices" if why else ""),
        DraftedField("label", label, f"which names the right choice by {read.shown}{also}", "--label"),
        DraftedField("labels", are, f"as rows have up to {most} choices" if not said else "", "--labels CODE=A,..."),
    )
    taken = frozenset((*columns.names, *_beside(cells, columns), *(name for name, _ in right)))
    return ChosenChoices(columns.names, label, places, label_map, taken, told)


def _codes(said: Sequence[str]) -> dict[str, str]:
    """Return raw label → place, as a person says it; empty where what is said are no places."""
    pairs = [each.rpartition("=") for each in said]
    codes = {(code or name).strip(): name.strip() for code, _, name in pairs}
    return codes if set(codes.values()) <= {*CHOICE_LABELS} else {}


def _open(label: str, choices: Sequence[Sequence[str]], own: Sequence[str], shown: str) -> InputError:
    most = max(map(len, choices))
    zero, one = (",".join(f"{n + start}={each}" for n, each in enumerate(CHOICE_LABELS[:most])) for start in (0, 1))
    held = to_paste({"labels": sorted(set(filter(None, own)))[:6]})[1:-1]
    what = f"column {label!r} counts choices, and may as well begin at 0 as at 1 ({held})"
    return InputError(what, where=shown, todo=f"say it with --labels {zero} or --labels {one}")

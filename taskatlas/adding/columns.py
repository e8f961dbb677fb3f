"""Which columns of a file are the text, the second text and the label, where nobody says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from taskatlas.adding.choices import NONE, ChosenChoices, choose_choices
from taskatlas.adding.guesses import DraftedField
from taskatlas.adding.labels import are_answers
from taskatlas.cards.labels import folded
from taskatlas.errors import InputError, UnknownNameError
from taskatlas.ingest.cells import plain_name, repetition_as_words
from taskatlas.ingest.choices import read_list
from taskatlas.ingest.known import decimal
from taskatlas.schemas.inputs import is_field_name

Cells = Mapping[str, Sequence[str]]
_TEXTS = (
    "text", "review", "sentence", "body", "message", "content", "comment", "utterance", "question", "query", "tweet",
    "post", "description", "document", "title", "subject", "input", "instruction", "prompt",
)  # fmt: skip
"""What columns of texts are usually called."""
_NUMBERS = (("1", "2"), ("_a", "_b"), ("_one", "_two"), ("_left", "_right"))
"""How the names of the two columns of a pair end."""
_PAIRS = (
    ("premise", "hypothesis"), ("sentence1", "sentence2"), ("question1", "question2"), ("text1", "text2"),
    ("text_a", "text_b"), ("text", "text_pair"),
)  # fmt: skip
_LABELS = (
    "label", "labels", "class", "category", "sentiment", "intent", "topic", "emotion", "rating", "stars", "score",
    "target", "urgency", "priority", "tag", "type", "answer", "output", "gold", "y",
)  # fmt: skip
_ANSWERS = (
    "answers_text", "answers", "answer", "summary", "highlights", "response", "completion", "translation", "reference",
    "references", "output", "target", "gold", "ideal",
)  # fmt: skip
"""What right answers are called that are written freely."""
_PASSAGES = (
    "passage", "context", "article", "paragraph", "story", "document", "dialogue", "premise", "background", "support",
    "ctx", "narrative",
)  # fmt: skip
"""What texts are called about which something is asked, where rows have choices or answers are written freely."""
_QUESTIONS = ("question", "query", "stem", "goal", "problem", "q")
"""What questions are called there."""
_ASKED = (*_QUESTIONS, "instruction", "prompt")
"""Beside a column of these, answers that are written freely come before one that merely has few values."""
_NEITHER = frozenset(
    "id idx index uuid guid key row no number split fold set lang language locale source date time timestamp created "  # noqa: SIM905
    "user author name url".split()
)
"""What columns are usually called that are neither a text nor a label."""
_MOST_CLASSES = 150
_GAPS = 0.01
"""Share of the rows of a pair that may lack a text."""
_SHOWN = 5


@dataclass(frozen=True)
class ColumnOptions:
    """What a person says of the columns; None and empty: to be guessed."""

    text: str | None = None
    text_pair: str | None = None
    label: str | None = None
    choices: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChosenColumns:
    """The columns of a dataset.

    Attributes:
        text: the column of texts.
        text_pair: that of second texts; None where there is none.
        label: that of labels.
        guesses: what they rest on.
        fields: name → column of further texts.
        choices: what is known of the choices of each row; None where rows have none of their own.
    """

    text: str
    text_pair: str | None
    label: str
    guesses: tuple[DraftedField, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    choices: ChosenChoices | None = None


def choose_columns(
    cells: Cells,
    options: ColumnOptions,
    shown: str,
    repeated: Mapping[str, Sequence[int]] | None = None,
    within: Cells | None = None,
) -> ChosenColumns:
    """Choose the columns of a dataset: by the names that such columns usually have, and by what they hold.

    Args:
        cells: column → its cells.
        options: what a person says.
        shown: the file, as errors name it.
        repeated: names that several columns have → at which places; none of these columns is read.
        within: the same as `cells` of what is within columns, and of lists. It is text or label where a person says so,
            or where rows have choices.

    Raises:
        InputError: nothing in the file can be a text, or a label; or several columns are called as one of them is.
        UnknownNameError: no column is called as an option says.
    """
    _require_one_each(repeated or {}, options, shown)
    _require_names(options)
    every = {**cells, **(within or {})}
    fields = dict(options.fields)
    wanted = (options.text, options.text_pair, options.label, *fields.values())
    choices_said = () if options.choices == (NONE,) and NONE not in every else options.choices
    for name in (*wanted, *choices_said):
        if name is not None and name not in every:
            raise UnknownNameError("column", name, every, where=shown)
    if choices := choose_choices(every, options.choices, options.label, options.labels, shown):
        return _with_choices(every, choices, options, shown)
    said = [DraftedField("fields", _in_words(fields))] if fields else []
    open_cells = {name: own for name, own in every.items() if name in cells or name in wanted}
    pair = _pair(cells) if options.text is None and options.text_pair is None else None
    taken = {name for name in (*wanted, *(pair or ())) if name}
    label = _label(every if pair is None else open_cells, open_cells, options.label, taken, shown)
    left = {name: own for name, own in open_cells.items() if name != label.value}
    is_open = not (pair or options.text or options.text_pair) and _is_written(every[label.value], options.labels)
    if is_open and (asked := _asked_about(left)):
        why = "as texts are called about which something is asked"
        texts = [
            DraftedField("text", asked[0], why, "--text"),
            DraftedField("text_pair", asked[1], "as questions are called", "--text alone: one text"),
        ]
        return ChosenColumns(*asked, label.value, (*texts, *said, label), fields)
    if pair:
        why = "as the texts of a pair are called"
        texts = [
            DraftedField("text", pair[0], why, "--text"),
            DraftedField("text_pair", pair[1], why, "--text alone: one text"),
        ]
        return ChosenColumns(*pair, label.value, (*texts, *said, label), fields)
    text = _text(open_cells, options.text, taken | {label.value}, shown)
    second = [DraftedField("text_pair", options.text_pair)] if options.text_pair else []
    return ChosenColumns(text.value, options.text_pair, label.value, (text, *second, *said, label), fields)


def _with_choices(cells: Cells, choices: ChosenChoices, options: ColumnOptions, shown: str) -> ChosenColumns:
    """Return the columns of a dataset whose rows have choices: what is asked, and about what."""
    taken = {*choices.taken, *(options.text_pair or "",), *dict(options.fields).values()}
    texts = {name: own for name, own in cells.items() if name not in taken and not _are_lists(own)}
    passage, question = (_called(texts, usual) for usual in (_PASSAGES, _QUESTIONS))
    pair = _pair(texts) if not (passage or question or options.text or options.text_pair) else None
    if options.text:
        text = DraftedField("text", options.text)
    elif passage and question and sum(not cell for cell in texts[passage]) > _GAPS * len(texts[passage]):
        text = DraftedField("text", question, "as questions are called", "--text")
    elif passage or question:
        why = "as texts are called about which something is asked" if passage else "as questions are called"
        text = DraftedField("text", str(passage or question), why, "--text")
    elif pair:
        text = DraftedField("text", pair[0], "as the texts of a pair are called", "--text")
    else:
        text = _text(texts, None, set(), shown)
    second = options.text_pair or (pair[1] if pair else None)
    told_pair = [DraftedField("text_pair", second)] if second else []
    listed = {name: own for name, own in cells.items() if name not in taken and name not in texts}
    passage = passage or _called(listed, _PASSAGES)
    fields = dict(options.fields)
    told = [DraftedField("fields", _in_words(fields))] if fields else []
    if not fields and (further := [name for name in (question, passage) if name and name != text.value]):
        fields = {_field_name(name): name for name in further[:1]}
        told = [DraftedField("fields", _in_words(fields), "a further text of each row", "--field")]
    guesses = (text, *told_pair, *told, *choices.guesses)
    return ChosenColumns(text.value, second, choices.label, guesses, fields, choices)


def _in_words(fields: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {column}" for name, column in fields.items())


def _field_name(column: str) -> str:
    """Return what prompts call a column."""
    name = plain_name(column)
    return name if is_field_name(name) else f"field_{name}"[:60]


def _are_lists(own: Sequence[str]) -> bool:
    return any(cell[:1] == "[" and read_list(cell) for cell in own[:50])


def _called(cells: Cells, usual: Sequence[str]) -> str | None:
    """Return the column that is called as such texts are: by its whole name before its last word, and early words
    first."""
    for part in (plain_name, lambda name: plain_name(name).rpartition("_")[2]):
        for word in usual:
            for name, own in cells.items():
                if part(name) == word and any(own):
                    return name
    return None


def _require_names(options: ColumnOptions) -> None:
    for name, _ in options.fields:
        if not is_field_name(name):
            todo = "call it by letters, digits and _, from a letter on, and by no word of templates such as text"
            raise InputError(f"{name[:60]!r} is no name for a field", where="--field", todo=todo)


def _require_one_each(repeated: Mapping[str, Sequence[int]], options: ColumnOptions, shown: str) -> None:
    """Refuse columns of one name where it is that of the text or the label: which of them is meant nobody knows."""
    said = {options.text, options.text_pair, options.label}
    for each in repeated.items():
        usual = (options.text is None and _is_called(each[0], _TEXTS)) or (
            options.label is None and _rank_as_label(each[0]) > 0
        )
        if each[0] in said or usual:
            raise InputError(repetition_as_words(each), where=shown, todo="rename all but one of them")


def _pair(cells: Cells) -> tuple[str, str] | None:
    whole = (name for name in cells if sum(not cell for cell in cells[name]) <= _GAPS * len(cells[name]))
    by_plain = {plain_name(name): name for name in whole}
    found = next(((by_plain[one], by_plain[two]) for one, two in _PAIRS if {one, two} <= by_plain.keys()), None)
    return found or _numbered_pair(by_plain, cells)


def _numbered_pair(by_plain: Mapping[str, str], cells: Cells) -> tuple[str, str] | None:
    """Return two columns of texts whose names differ by nothing but their number: sentence_a and sentence_b."""
    for plain, name in by_plain.items():
        for first, second in _NUMBERS:
            other = by_plain.get(f"{plain[: -len(first)]}{second}") if plain.endswith(first) else None
            if other and not any(_may_be_classes(cells[each]) for each in (name, other)):
                return name, other
    return None


def _text(cells: Cells, said: str | None, taken: set[str], shown: str) -> DraftedField:
    if said:
        return DraftedField("text", said)
    filled = {name: own for name, own in cells.items() if name not in taken and any(own)}
    lengths = {name: _mean(own, len) for name, own in filled.items()}
    if whole := {name: lengths[name] for name, own in filled.items() if 2 * sum(map(bool, own)) > len(own)}:
        lengths = whole
    usual = {name: size for name, size in lengths.items() if _is_called(name, _TEXTS)}
    if usual:
        why = "as texts are called" if len(usual) == 1 else "the longest of those that are called as texts are"
        return DraftedField("text", max(usual, key=usual.__getitem__), why, "--text")
    others = {name: size for name, size in lengths.items() if not _is_neither(name)} or lengths
    if not others:
        raise InputError(f"no column is left for the text; there are: {', '.join(cells)}", where=shown, todo=_NAME_TEXT)
    why = "the column with the longest texts" if len(others) > 1 else "the column that is left"
    return DraftedField("text", max(others, key=others.__getitem__), why, "--text")


_NAME_TEXT = "name it with --text COLUMN, or its label's with --label COLUMN"


def _is_written(cells: Sequence[str], said: Sequence[str]) -> bool:
    """Whether labels are answers that are written freely, as a person says or as they look."""
    return list(said) == ["text"] if said else are_answers(cells)


def _asked_about(cells: Cells) -> tuple[str, str] | None:
    """The columns of what is asked about and of what is asked."""
    passage, question = (_called(cells, usual) for usual in (_PASSAGES, _QUESTIONS))
    return (passage, question) if passage and question else None


def _label(every: Cells, cells: Cells, said: str | None, taken: set[str], shown: str) -> DraftedField:
    if said:
        return DraftedField("label", said)
    open_names = [name for name in cells if name not in taken]
    usual = sorted(filter(_rank_as_label, open_names), key=_rank_as_label)
    usual = [name for name in usual if _may_be_labels(cells[name])]
    if usual:
        return DraftedField("label", usual[0], "as labels are called" + _others(usual[1:]), "--label")
    counts = {
        name: len({folded(cell) for cell in cells[name]} - {""})
        for name in open_names
        if _may_be_classes(cells[name]) and not _is_neither(name)
    }
    written = {name: own for name, own in every.items() if name not in taken and are_answers(own)}
    if (answers := _called(written, _ANSWERS)) and (not counts or _called(cells, _ASKED)):
        return DraftedField("label", answers, "as answers are called that are written freely", "--label")
    if not counts:
        listed = ", ".join(list(cells)[:20])
        what = f"no column looks like labels, with few values that come again; there are: {listed}"
        raise InputError(what, where=shown, todo="name it with --label COLUMN")
    fewest = min(counts, key=counts.__getitem__)
    others = _others([name for name in counts if name != fewest])
    return DraftedField("label", fewest, f"the column with the fewest values{others}", "--label")


def _rank_as_label(name: str) -> int:
    """How early a label is called so, from 1 on, whole names before those that end so; 0: never."""
    plain = plain_name(name)
    last = plain.rpartition("_")[2]
    if plain in _LABELS:
        return 1 + _LABELS.index(plain)
    return 1 + len(_LABELS) + _LABELS.index(last) if last in _LABELS else 0


def _others(names: Sequence[str]) -> str:
    return f"; or {', '.join(names[:_SHOWN])}" if names else ""


def _may_be_labels(cells: Sequence[str]) -> bool:
    return _may_be_classes(cells) or (
        len({*cells}) > 2 and all(not cell or decimal(cell) is not None for cell in cells)
    )


def _may_be_classes(cells: Sequence[str]) -> bool:
    """Whether a column has few values, each of them again and again."""
    present = [cell for cell in cells if cell]
    return 2 <= len(set(present)) <= min(_MOST_CLASSES, len(present) / 2)


def _is_called(name: str, usual: Sequence[str]) -> bool:
    return bool(_words(name) & {*usual, *(f"{each}s" for each in usual)}) and not _is_neither(name)


def _is_neither(name: str) -> bool:
    """Whether the last word of a name says that it is neither: review_id is no review."""
    return not name or plain_name(name).rpartition("_")[2] in _NEITHER or name.lower().startswith("unnamed")


def _words(name: str) -> set[str]:
    return set(plain_name(name).split("_"))


def _mean(cells: Sequence[str], size: Callable[[str], int]) -> float:
    present = [cell for cell in cells if cell]
    return sum(map(size, present)) / len(present)

"""PromptSource: a templates.yaml with the templates of one data set, each `INPUT ||| TARGET`, and their choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import nodes

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.columns import rename_columns
from taskatlas.importers.conditions import without_condition, without_unused
from taskatlas.importers.constants import CHOICES
from taskatlas.importers.draft import Draft, Template, checked_choices
from taskatlas.importers.files import Tagged
from taskatlas.importers.lists import folded_elements, joined_as_lines, list_columns
from taskatlas.importers.loops import plain_loops
from taskatlas.importers.paths import folded_paths
from taskatlas.importers.rowchoices import are_in_order, are_letters, is_column, is_counted_choice, row_choices
from taskatlas.importers.spelt import write_out_choices
from taskatlas.importers.syntax import is_blank, names_in, pieces_of, tree_of
from taskatlas.predict.sandbox import LIST, compile_template, render_template
from taskatlas.schemas.inputs import CHOICE_LABELS

_BAR = "|||"


def promptsource_templates(content: Mapping[str, Any], file: Path) -> list[Template]:
    """Return the templates of a file, each with what it says or why it cannot be taken.

    Raises:
        InputError: the file names no data set, or holds no templates.

    """
    dataset, subset, entries = content.get("dataset"), content.get("subset"), content.get("templates")
    if not isinstance(dataset, str) or not isinstance(subset, str | int | float | None):
        raise InputError("names no data set", where=f"{file}: dataset", todo="give its name as text")
    if not isinstance(entries, dict) or not entries:
        raise InputError("holds no templates", where=f"{file}: templates", todo="name another file")
    about = (dataset, "" if subset is None else str(subset))  # a subset such as 2024 is a number in YAML
    return [_template(about, str(key), entry) for key, entry in entries.items()]


def _template(about: tuple[str, ...], key: str, entry: object) -> Template:
    fields = entry.value if isinstance(entry, Tagged) and isinstance(entry.value, dict) else {}
    name = fields.get("name")
    title = name if isinstance(name, str) and name.strip() else key
    draft_or_error: Draft | InputError
    try:
        draft_or_error = _draft(fields)
    except TaskatlasError as error:
        draft_or_error = InputError(error.what, where=error.where)
    return Template(title, (*about, title), draft_or_error)


def _draft(fields: Mapping[str, Any]) -> Draft:
    jinja, choices = fields.get("jinja"), fields.get("answer_choices")
    if not isinstance(jinja, str):
        raise InputError("it is no !Template with a text in jinja")
    if not isinstance(choices, str | None):
        raise InputError("its answer_choices are no text")
    whole, note = without_condition(plain_loops(folded_paths(jinja)))
    input_template, target = map(without_unused, _halves(whole))
    if choices is None or not choices.strip():
        return replace(_free_text_draft(input_template, target), note=note)
    folded = folded_paths(choices)
    drafted = _of_rows if names_in(tree_of(folded)) else _of_all
    return replace(drafted(input_template, target, folded), note=note)


def _of_all(input_template: str, target: str, choices: str) -> Draft:
    """Return what a template says whose choices are the same for all rows."""
    fixed = _fixed_choices(choices)
    columns = names_in(tree_of(target)) - {CHOICES}
    in_order = [_is_in_order(each, fixed) for each in _targets(tree_of(target).body)]
    if not in_order or not columns:
        raise InputError("its target is the same for every row")
    lists = sorted(list_columns(tree_of(input_template)) - {CHOICES})
    template = write_out_choices(input_template, fixed)
    if len(lists) != 1 or not are_letters(fixed):
        template, lines = joined_as_lines(folded_elements(template), frozenset())
        return Draft(template, fixed, frozenset(columns), all(in_order), line_columns=lines)
    return Draft(
        rename_columns(template, {lists[0]: LIST}), fixed, frozenset(columns) - set(lists), all(in_order),
        labels=CHOICE_LABELS[: len(fixed)], row_columns=tuple(lists),
    )  # fmt: skip


def _of_rows(input_template: str, target: str, choices: str) -> Draft:
    """Return what a template says whose choices are each row's own."""
    own = row_choices(choices)
    targets = [*_targets(tree_of(target).body)]
    if (
        not targets
        or not all(is_counted_choice(each, own.columns) for each in targets)
        or not are_in_order(targets, own.columns)
    ):
        raise InputError("its target is not the choice at the place of its label")
    lists = {CHOICES, *own.columns}
    written, lines = joined_as_lines(folded_elements(own.written_out(input_template), lists), lists)
    template = rename_columns(written, own.roles)
    columns = frozenset(names_in(tree_of(target)) - {CHOICES, *own.columns})
    return Draft(template, own.texts, columns, True, row_columns=own.columns, line_columns=lines, asks_rows=True)


def _free_text_draft(input_template: str, target: str) -> Draft:
    """Return what a template says whose answers are free text: nothing is asked of its target but not to be shown."""
    answer_columns = names_in(tree_of(target))
    if CHOICES in answer_columns | names_in(tree_of(input_template)):
        raise InputError("it names answer_choices and has none")
    own = (LIST,) if LIST in list_columns(tree_of(input_template)) else ()
    return Draft(input_template, (), frozenset(answer_columns), in_order=True, row_columns=own)


def _fixed_choices(choices: str) -> tuple[str, ...]:
    """Return the answer choices, which are a template themselves."""
    where = "answer_choices"
    return checked_choices(render_template(compile_template(choices, (), where), {}, where).split(_BAR))


def _halves(jinja: str) -> tuple[str, str]:
    """Return input and target: what stands before and after the bars; bars in a constant or a comment are none."""
    tree_of(jinja)
    pieces = pieces_of(jinja)
    barred = [at for at, (kind, text) in enumerate(pieces) if kind == "data" and _BAR in text]
    if not barred:
        raise InputError(f"it has no target: there is no {_BAR}")
    at = barred[0]
    before, *after = pieces[at][1].split(_BAR)
    if len(barred) > 1 or len(after) > 1:
        raise InputError(f"it has several targets: there is more than one {_BAR}")
    texts = [text for _, text in pieces]
    halves = "".join([*texts[:at], before]).strip(), "".join([*after, *texts[at + 1 :]]).strip()
    try:
        for half in halves:
            tree_of(half)
    except InputError as error:
        raise InputError("its input and its target stand within one condition") from error
    return halves


def _targets(body: Sequence[nodes.Node]) -> Iterator[nodes.Node]:
    """Yield every expression that the target can be, whatever its conditions say."""
    expressions: list[nodes.Node] = []
    for node in body:
        expressions += node.nodes if isinstance(node, nodes.Output) else [node]
    expressions = [each for each in expressions if not (is_blank(each) or isinstance(each, nodes.Assign))]
    if len(expressions) > 1:
        raise InputError("its target is more than an answer choice")
    for node in expressions:
        if isinstance(node, nodes.If):
            branches: list[Sequence[nodes.Node]] = [node.body, *([each] for each in node.elif_), node.else_]
            for branch in branches:
                yield from _targets(branch)
        elif isinstance(node, nodes.CondExpr):
            for either in filter(None, (node.expr1, node.expr2)):
                yield from _targets([either])
        else:
            yield node


def _is_in_order(target: nodes.Node, choices: tuple[str, ...]) -> bool:
    """Return whether a target is the choice whose index is the label; raise InputError where it is no choice at all."""
    if isinstance(target, nodes.Getitem) and target.node == nodes.Name(CHOICES, "load"):
        index = target.arg.left if isinstance(target.arg, nodes.Sub) else target.arg
        return isinstance(index, nodes.Name)
    if is_column(target):  # the row says the choice itself
        return False
    for text in _values_by_rule(target) or [target]:
        word = text.data if isinstance(text, nodes.TemplateData) else getattr(text, "value", None)
        if _is_one_choice(text) or (isinstance(word, str) and word.strip() in choices):
            continue
        raise InputError("its target is not one of its answer choices")
    return False


def _values_by_rule(target: nodes.Node) -> list[nodes.Node]:
    """Return what a target may be that is looked up in a list or table; else nothing."""
    match target:
        case nodes.Getitem(node=nodes.Dict(items=[*pairs])):
            return [pair.value for pair in pairs]
        case nodes.Getitem(node=nodes.List(items=[*items])):
            return [*items]
    return []


def _is_one_choice(node: object) -> bool:
    match node:
        case nodes.Getitem(node=nodes.Name(name=name), arg=nodes.Const()):
            return name == CHOICES
    return False

"""PromptSource: a templates.yaml with the templates of one data set, each `INPUT ||| TARGET`, and their choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import nodes

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.draft import Draft, Template, checked_choices
from taskatlas.importers.files import Tagged
from taskatlas.importers.spelt import CHOICES, write_out_choices
from taskatlas.importers.syntax import names_in, pieces_of, tree_of
from taskatlas.predict.sandbox import compile_template, render_template

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
    input_template, target = _halves(jinja)
    if choices is None or not choices.strip():
        return _free_text_draft(input_template, target)
    fixed = _fixed_choices(choices)
    columns = names_in(tree_of(target)) - {CHOICES}
    in_order = [_is_in_order(each, fixed) for each in _targets(tree_of(target).body)]
    if not in_order or not columns:
        raise InputError("its target is the same for every row")
    return Draft(write_out_choices(input_template, fixed), fixed, frozenset(columns), all(in_order))


def _free_text_draft(input_template: str, target: str) -> Draft:
    """Return what a template says whose answers are free text: nothing is asked of its target but not to be shown."""
    answer_columns = names_in(tree_of(target))
    if CHOICES in answer_columns | names_in(tree_of(input_template)):
        raise InputError("it names answer_choices and has none")
    return Draft(input_template, (), frozenset(answer_columns), in_order=True)


def _fixed_choices(choices: str) -> tuple[str, ...]:
    """Return the answer choices, which are a template themselves."""
    if names := sorted(names_in(tree_of(choices))):
        raise InputError(f"its answer choices depend on the row (column {names[0]!r})")
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
    expressions = [each for each in expressions if not (isinstance(each, nodes.TemplateData) and not each.data.strip())]
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
    text = target.data if isinstance(target, nodes.TemplateData) else getattr(target, "value", None)
    if not isinstance(text, str) or text.strip() not in choices:
        raise InputError("its target is not one of its answer choices")
    return False

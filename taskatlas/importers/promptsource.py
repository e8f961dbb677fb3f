"""PromptSource: a templates.yaml with the templates of one data set, each `INPUT ||| TARGET`, and their choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import nodes

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.draft import Draft, Template, checked_choices
from taskatlas.importers.files import Tagged
from taskatlas.importers.spelt import CHOICES, spelt_out
from taskatlas.importers.syntax import names_in, pieces_of, tree_of
from taskatlas.predict.sandbox import compiled, rendered

_BAR = "|||"


def promptsource_templates(content: Mapping[str, Any], file: Path) -> list[Template]:
    """The templates of a file, each with what it says or why it cannot be taken.

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
    found: Draft | InputError
    try:
        found = _draft(fields)
    except TaskatlasError as error:
        found = InputError(error.what, where=error.where)
    return Template(title, (*about, title), found)


def _draft(fields: Mapping[str, Any]) -> Draft:
    jinja, choices = fields.get("jinja"), fields.get("answer_choices")
    if not isinstance(jinja, str):
        raise InputError("it is no !Template with a text in jinja")
    if not isinstance(choices, str | None):
        raise InputError("its answer_choices are no text")
    shown, target = _halves(jinja)
    if choices is None or not choices.strip():
        return _free(shown, target)
    fixed = _fixed(choices)
    columns = names_in(tree_of(target)) - {CHOICES}
    in_order = [_is_in_order(each, fixed) for each in _targets(tree_of(target).body)]
    if not in_order or not columns:
        raise InputError("its target is the same for every row")
    return Draft(spelt_out(shown, fixed), fixed, frozenset(columns), all(in_order))


def _free(shown: str, target: str) -> Draft:
    """A template whose answers are free text: nothing is asked of its target but not to be shown."""
    told = names_in(tree_of(target))
    if CHOICES in told | names_in(tree_of(shown)):
        raise InputError("it names answer_choices and has none")
    return Draft(shown, (), frozenset(told), in_order=True)


def _fixed(choices: str) -> tuple[str, ...]:
    """The answer choices, which are a template themselves."""
    if names := sorted(names_in(tree_of(choices))):
        raise InputError(f"its answer choices depend on the row (column {names[0]!r})")
    place = "answer_choices"
    return checked_choices(rendered(compiled(choices, (), place), {}, place).split(_BAR))


def _halves(jinja: str) -> tuple[str, str]:
    """Input and target: what stands before and after the bars; bars in a constant or a comment are none."""
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
    """Every expression that the target can be, whatever its conditions say."""
    shown: list[nodes.Node] = []
    for node in body:
        shown += node.nodes if isinstance(node, nodes.Output) else [node]
    shown = [each for each in shown if not (isinstance(each, nodes.TemplateData) and not each.data.strip())]
    if len(shown) > 1:
        raise InputError("its target is more than an answer choice")
    for node in shown:
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
    """Whether a target is the choice whose place is the label; an InputError where it is no choice at all."""
    if isinstance(target, nodes.Getitem) and target.node == nodes.Name(CHOICES, "load"):
        place = target.arg.left if isinstance(target.arg, nodes.Sub) else target.arg
        return isinstance(place, nodes.Name)
    text = target.data if isinstance(target, nodes.TemplateData) else getattr(target, "value", None)
    if not isinstance(text, str) or text.strip() not in choices:
        raise InputError("its target is not one of its answer choices")
    return False

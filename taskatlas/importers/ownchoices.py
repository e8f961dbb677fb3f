"""Names by which a template calls the row's own choices, whatever its format: they become `choices`, as on a card."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from taskatlas.errors import InputError
from taskatlas.importers.agreed import variables_of_columns
from taskatlas.importers.columns import rename_columns
from taskatlas.importers.constants import CHOICES
from taskatlas.importers.draft import Draft
from taskatlas.importers.loops import apart_loops, plain_loops
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.paths import dotted
from taskatlas.importers.rowchoices import are_letters, bare_names
from taskatlas.importers.spelt import write_out_choices
from taskatlas.importers.syntax import loop_names, names_in, pieces_of, tree_of, variable_positions
from taskatlas.importers.targets import Targets
from taskatlas.ingest.cells import plain_name
from taskatlas.predict.sandbox import LIST
from taskatlas.schemas.inputs import RESERVED

_CALLED = (LIST, "options", CHOICES, "answer_options", "alternatives")
"""What people call the list of a row's choices, the usual name first."""
_WRITTEN = "its choices are written out in it"


def with_own_choices(draft: Draft, targets: Targets, options: ImportOptions) -> Draft:
    """Return a template in which the row's choices are called as a card calls them.

    Datasets say which of its names mean them. Without datasets, and in formats that have no place for choices, it is
    the usual names; where the choices are the same for all rows, these are written out in their place.

    Args:
        draft: the template, with the labels that its choices stand for.
        targets: what it is for.
        options: what a person says of it; a name of a text is none of choices.

    Raises:
        InputError: it is not Jinja2, shows choices that its datasets do not have, or makes something else of those that
            are written out.

    """
    known = variables_of_columns(targets.datasets)
    draft = replace(draft, template=_own_loops(draft.template, known.values()))
    if draft.row_columns:
        return draft
    shown = names_in(tree_of(draft.template)) - loop_names(tree_of(draft.template))
    names = (shown | names_in_choices(draft)) - {options.text, options.text_pair}
    each = [name for name in known if name in names and known[name].startswith(f"{LIST}[")]
    name = _list_name(names, known, draft, targets)
    if name is None:
        return _asking(draft, tuple(each)) if each else _by_place(draft, targets)
    if any(card.columns.choices for card in targets.datasets) or _are_open(draft):
        if targets.datasets and not any(card.columns.choices for card in targets.datasets):
            raise _lacking(name, targets)
        renamed = replace(
            draft,
            template=rename_columns(draft.template, {name: LIST}),
            choices=tuple(rename_columns(text, {name: LIST}) for text in draft.choices)
            if draft.asks_rows
            else draft.choices,
        )
        return _asking(renamed, (name, *each))
    return _written_out(draft, name)


def names_in_choices(draft: Draft) -> set[str]:
    """Return the names that stand in choices which are templates."""
    texts = draft.choices if draft.asks_rows else ()
    return set().union(*(names_in(tree_of(text)) for text in texts))


def _own_loops(template: str, variables: Collection[str]) -> str:
    """Return a template whose loops give names that mean nothing else."""
    if not loop_names(tree_of(template)):
        return template
    return apart_loops(plain_loops(template), RESERVED.union(variables))


def _list_name(names: set[str], known: dict[str, str], draft: Draft, targets: Targets) -> str | None:
    """Return the name of the list of a row's choices; None where a template has none."""
    listed = [name for name in known if name in names and known[name] == LIST]
    if listed:
        return listed[0]
    if draft.says_choices and not any(card.columns.choices for card in targets.datasets):
        return None  # its format has a name of its own for them
    plain = {plain_name(name): name for name in sorted(names) if name not in known}
    return next((plain[name] for name in _CALLED if name in plain), None)


def _are_open(draft: Draft) -> bool:
    """Return whether a template's choices are each row's own, or none are known; letters name the places of others."""
    return draft.asks_rows or not draft.choices or are_letters(draft.choices)


def _asking(draft: Draft, columns: tuple[str, ...]) -> Draft:
    """Return a template that shows choices of a row, and that asks for them where nothing else says what is asked."""
    asks = draft.asks_rows or not (draft.choices or draft.says_choices)
    return replace(draft, row_columns=columns, asks_rows=asks)


def _by_place(draft: Draft, targets: Targets) -> Draft:
    """Return a template whose choices are columns of their own, where no dataset says what these are: the choices by
    their places."""
    columns = bare_names(draft.choices) if draft.asks_rows and not targets.datasets else ()
    if not columns:
        return draft
    roles = {column: f"{LIST}[{place}]" for place, column in enumerate(columns)}
    texts = tuple(rename_columns(text, roles) for text in draft.choices)
    return replace(draft, template=rename_columns(draft.template, roles), choices=texts, row_columns=columns)


def _written_out(draft: Draft, name: str) -> Draft:
    """Return a template with the choices that are the same for all rows in place of their name."""
    pieces = pieces_of(rename_columns(draft.template, {name: CHOICES}))
    for at in reversed(variable_positions(pieces, {CHOICES})):
        before = next(kind for kind, _ in reversed(pieces[:at]) if kind != "whitespace")
        after = next(kind for kind, _ in pieces[at + 1 :] if kind != "whitespace")
        if (before, after) == ("variable_begin", "variable_end"):
            pieces[at] = ("data", f"{CHOICES} | join(', ')")
    template = write_out_choices("".join(text for _, text in pieces), draft.choices)
    note = "; ".join(filter(None, [draft.note, f"{_WRITTEN} for {dotted(name)}"]))
    return replace(draft, template=template, note=note)


def _lacking(name: str, targets: Targets) -> InputError:
    names = ", ".join(card.name for card in targets.datasets[:3])
    return InputError(
        f"it shows {dotted(name)!r}, and rows of {names} have no choices of their own: name the labels with --labels, "
        f"which are then written out in its place, or the column with `columns: {{choices: COLUMN}}` on their cards"
    )

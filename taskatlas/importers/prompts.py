"""Templates of a file → prompt cards, before they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from taskatlas.cards.names import card_name, distinct
from taskatlas.errors import TaskatlasError
from taskatlas.importers.draft import Draft, Template
from taskatlas.importers.merge import NewPrompt
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.ownchoices import with_own_choices
from taskatlas.importers.promptcard import prompt_card, shown_columns
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.targets import Targets, for_targets, with_known_families

_Read = tuple[Draft, list[str]] | TaskatlasError
"""What a template says and the columns that it shows, or why it cannot be taken."""


def new_prompts(
    templates: Sequence[Template], file: str, options: ImportOptions, targets: Targets, families: Set[str]
) -> Iterator[Outcome | NewPrompt]:
    """Yield the card of each template of a file, or why it is left out.

    Args:
        templates: those of the file.
        file: its name.
        options: what a person says of them.
        targets: what they are for.
        families: those that the project has.
    """
    reads = [_read(template, options, targets) for template in templates]
    pairs = [each for each in reads if isinstance(each, tuple) and len(each[1]) == 2]
    # a template with choices says more than free text about which column comes first
    pair = next((columns for draft, columns in pairs if draft.is_chosen), pairs[0][1] if pairs else [])
    names = distinct(card_name(*template.about) for template in templates)
    for template, read, name in zip(templates, reads, names, strict=True):
        try:
            if isinstance(read, TaskatlasError):
                raise read
            draft, columns = with_known_families(read[0], families), read[1]
            card, note = prompt_card(template, draft, columns, name=name, pair=pair, options=options, targets=targets)
        except TaskatlasError as error:
            yield left_out(file, template.title, error)
        else:
            yield NewPrompt(file, template.title, card, note)


def _read(template: Template, options: ImportOptions, targets: Targets) -> _Read:
    if isinstance(template.draft_or_error, TaskatlasError):
        return template.draft_or_error
    try:
        draft = with_own_choices(for_targets(template.draft_or_error, targets), targets, options)
        return draft, shown_columns(draft)
    except TaskatlasError as error:
        return error

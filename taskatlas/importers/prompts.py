"""Files with templates → prompt cards in a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskatlas.cards.names import card_name, distinct
from taskatlas.errors import InputError, StoreError, TaskatlasError, UnknownNameError
from taskatlas.importers.draft import Draft, Template
from taskatlas.importers.files import read_tagged_yaml
from taskatlas.importers.harness import FIELDS, harness_template
from taskatlas.importers.promptcard import ImportOptions, prompt_card, shown_columns
from taskatlas.importers.promptsource import promptsource_templates
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.write import Additions, card_path
from taskatlas.registry.load import load
from taskatlas.schemas.cards import DatasetCard

_Read = tuple[Draft, list[str]] | TaskatlasError
"""What a template says and the columns that it shows, or why it cannot be taken."""


def import_prompts(folder: Path, files: Sequence[Path], options: ImportOptions) -> list[Outcome]:
    """Write a card for each template of the files that can be taken; what is there already stays as it is.

    Args:
        folder: the project.
        files: PromptSource's templates.yaml, or YAML files of lm-evaluation-harness.
        options: what a person says of the templates.

    Returns:
        What became of each template, in the order of the files.

    Raises:
        CardError: the project does not hold together.
        UnknownNameError: it has no such family.
        StoreError: it cannot be written.

    """
    registry = load(folder)
    families = {card.family for card in registry.datasets.values()}
    if options.family is not None and options.family not in families:
        raise UnknownNameError("family", options.family, families)
    additions = Additions(registry)
    datasets = [card for card in registry.datasets.values() if card.family == options.family]
    return [outcome for file in files for outcome in _import_file(file, options, datasets, additions)]


def _import_file(
    file: Path, options: ImportOptions, datasets: Sequence[DatasetCard], additions: Additions
) -> list[Outcome]:
    try:
        templates = _templates(read_tagged_yaml(file), file)
    except TaskatlasError as error:
        return [left_out(str(file), "", error)]
    reads = [_read(template) for template in templates]
    pairs = [each for each in reads if isinstance(each, tuple) and len(each[1]) == 2]
    # a template with choices says more than free text about which column comes first
    pair = next((columns for draft, columns in pairs if draft.choices), pairs[0][1] if pairs else [])
    names = distinct(card_name(*template.about) for template in templates)
    outcomes = []
    for template, read, name in zip(templates, reads, names, strict=True):
        try:
            if isinstance(read, TaskatlasError):
                raise read
            card, note = prompt_card(template, *read, name=name, pair=pair, options=options, datasets=datasets)
            state = additions.write(card)
        except StoreError:
            raise
        except TaskatlasError as error:
            outcomes.append(left_out(str(file), template.title, error))
        else:
            outcomes.append(Outcome(str(file), template.title, state, card_path(card), note))
    return outcomes


def _templates(content: Mapping[str, Any], file: Path) -> list[Template]:
    """Return the templates of a file of either format, which its fields tell."""
    if "templates" in content:
        return promptsource_templates(content, file)
    if FIELDS & set(content):
        return [harness_template(content, file)]
    what = "is neither PromptSource's nor lm-evaluation-harness's: it has no templates and no doc_to_text"
    raise InputError(what, where=str(file), todo="name another file")


def _read(template: Template) -> _Read:
    if isinstance(template.draft_or_error, TaskatlasError):
        return template.draft_or_error
    try:
        return template.draft_or_error, shown_columns(template.draft_or_error)
    except TaskatlasError as error:
        return error

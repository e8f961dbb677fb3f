"""Files of prompts and of instructions, whatever their format, and tasks of mteb → cards in a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from taskatlas.cards.names import card_name, distinct
from taskatlas.errors import InputError, StoreError, TaskatlasError, UnknownNameError
from taskatlas.importers.draft import Draft, Template
from taskatlas.importers.formats import Contents, UnknownFormatError, read_contents
from taskatlas.importers.instructed import add_instructions
from taskatlas.importers.instructions import Instructions
from taskatlas.importers.merge import NewPrompt, write_merged
from taskatlas.importers.mteb.importing import import_tasks
from taskatlas.importers.mteb.names import is_of_mteb
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.ownprompt import own_prompt
from taskatlas.importers.prompts import new_prompts
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.targets import Targets, targets_of
from taskatlas.importers.walk import SUFFIXES, NamedFile, files_of
from taskatlas.importers.write import Additions
from taskatlas.registry.load import load
from taskatlas.registry.registry import Registry

_Entry = Outcome | NewPrompt


def import_files(folder: Path, paths: Sequence[Path], options: ImportOptions) -> list[Outcome]:
    """Write cards for what files hold; what is there already stays as it is, unless it is to be replaced.

    Templates become prompts. Instructions with their instances become a dataset with its prompts where the outputs are
    a closed set, and a prompt alone where they are free text, or too few to tell.

    Args:
        folder: the project.
        paths: files in any of the formats of docs/formats.md, folders with such files, patterns, and `mteb:NAME`.
        options: what a person says of them.

    Returns:
        What became of each template and file, in the order of the files; what became of mteb's tasks before them.

    Raises:
        CardError: the project does not hold together.
        InputError: options contradict each other, or there are too many files.
        UnknownNameError: the project has no such family or dataset.
        StoreError: it cannot be written.
        TaskatlasError: the package mteb is named, and not installed.

    """
    registry = load(folder)
    targets = targets_of(registry, options)
    additions = Additions(registry, replace=options.replace)
    entries: list[_Entry] = [*import_tasks([str(path) for path in paths if is_of_mteb(path)], additions, options)]
    unknown: Counter[str] = Counter()
    for file in files_of([path for path in paths if not is_of_mteb(path)]):
        try:
            entries += _entries(file.path, _contents(file, options), registry, additions, options, targets)
        except UnknownFormatError as error:
            if file.folder is None:
                entries.append(left_out(str(file.path), "", error))
            else:
                unknown[str(file.folder)] += 1
        except (StoreError, UnknownNameError):
            raise
        except TaskatlasError as error:
            entries.append(left_out(str(file.path), "", error))
    others = [Outcome(found_in, "", "left out", None, _of_no_format(n)) for found_in, n in unknown.items()]
    return write_merged([*entries, *others], additions)


def _contents(file: NamedFile, options: ImportOptions) -> Contents:
    if file.folder is not None and file.path.suffix.lower() not in SUFFIXES:
        raise UnknownFormatError("is in no format that is imported", where=str(file.path))
    return read_contents(file.path, options.encoding)


def _of_no_format(n: int) -> str:
    return (
        "1 file in it is in no format that is imported"
        if n == 1
        else f"{n:,} files in it are in no format that is imported"
    )


def _entries(
    file: Path,
    contents: Contents,
    registry: Registry,
    additions: Additions,
    options: ImportOptions,
    targets: Targets,
) -> Iterator[_Entry]:
    became: list[_Entry] = []
    for instructions in _distinct(contents.instructions):
        became += add_instructions(
            instructions, str(file), additions, project=registry.project, options=options, targets=targets
        )
    yield from became
    if contents.note:
        yield Outcome(str(file), "", "left out", None, contents.note)
    if contents.card:
        _require_family(options, additions)
        _require_own_names(options)
        card, note = own_prompt(contents.card, registry, additions.families(), targets)
        yield NewPrompt(str(file), card.name, card, note)
    if contents.templates:
        _require_family(options, additions)
        templates = _for_own_rows(contents.templates, became, additions)
        yield from new_prompts(templates, str(file), options, targets, additions.families())


def _for_own_rows(templates: Sequence[Template], became: Sequence[_Entry], additions: Additions) -> Sequence[Template]:
    """Return templates with the dataset that the rows of their file became, where they became one."""
    cards = [each.card for each in became if isinstance(each, Outcome) and each.card]
    dataset = next(filter(None, map(additions.dataset_in, cards)), None)
    if dataset is None:
        return templates
    labels = dataset.class_labels
    return [
        replace(each, draft_or_error=replace(
            each.draft_or_error, choices=labels, card={**each.draft_or_error.card, "datasets": [dataset.name]}
        )) if isinstance(each.draft_or_error, Draft) else each
        for each in templates
    ]  # fmt: skip


def _distinct(instructions: Sequence[Instructions]) -> Iterator[Instructions]:
    """Yield instructions whose titles make names of their own."""
    names = distinct(card_name(each.title) for each in instructions)
    for each, name in zip(instructions, names, strict=True):
        yield each if card_name(each.title) == name else replace(each, title=name)


def _require_own_names(options: ImportOptions) -> None:
    """Hold a prompt card to be imported by the names that it has: its template shows `text` and `text_pair`, and no
    columns."""
    if (options.text or "text", options.text_pair or "text_pair") != ("text", "text_pair"):
        what = "it is a prompt card, whose template shows text and text_pair by these names, and no column"
        raise InputError(what, todo="import it without --text and --text-pair")


def _require_family(options: ImportOptions, additions: Additions) -> None:
    if options.family is not None and options.family not in additions.families():
        raise UnknownNameError("family", options.family, additions.families())

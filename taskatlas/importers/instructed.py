"""Instructions with their instances → what becomes of them: a dataset with its prompts, or a prompt alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from taskatlas.cards.names import card_name
from taskatlas.errors import InputError, StoreError, TaskatlasError
from taskatlas.importers.closed import FreeTextError
from taskatlas.importers.datasets import add_dataset
from taskatlas.importers.instruction_prompts import instruction_prompts
from taskatlas.importers.instructions import Instructions
from taskatlas.importers.merge import NewPrompt
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.rows import FEW_ROWS
from taskatlas.importers.targets import Targets
from taskatlas.importers.write import Additions, checked_card
from taskatlas.schemas.project import ProjectCard
from taskatlas.schemas.prompts import ROW, PromptCard


def add_instructions(
    instructions: Instructions,
    file: str,
    additions: Additions,
    *,
    project: ProjectCard,
    options: ImportOptions,
    targets: Targets,
) -> Iterator[Outcome | NewPrompt]:
    """Write the dataset of instructions with its prompts, and yield what became of each; or yield a prompt alone.

    Raises:
        StoreError: the project cannot be written.

    """
    few = len(instructions.instances) < FEW_ROWS and options.dataset is None
    try:
        if options.dataset is not None:
            raise FreeTextError("--dataset names the rows that it is for, and its own are left")
        yield from add_dataset(
            instructions, file, additions, project=project, family=options.family, limit=options.limit
        )
    except StoreError:
        raise
    except InputError as error:
        why = _few(instructions) if few else error.what
        if not instructions.prompts:
            yield Outcome(file, "tests", "left out", None, why)
        elif isinstance(error, FreeTextError) or few:
            labels = targets.labels if few or options.dataset is not None else ()
            yield from _alone(instructions, file, _choice_fields(labels, targets, additions), why)
        else:
            yield left_out(file, "", error)
    except TaskatlasError as error:
        yield left_out(file, "", error)


def _alone(instructions: Instructions, file: str, fields: Mapping[str, Any], why: str) -> Iterator[Outcome | NewPrompt]:
    """Yield the prompts of instructions without a dataset, with the answers that a person named."""
    try:
        prompts = [
            (checked_card(PromptCard, {**card.model_dump(exclude_defaults=True), **fields}), note)
            for card, note in instruction_prompts(card_name(instructions.title), instructions)
        ]
    except TaskatlasError as error:
        yield left_out(file, instructions.title, InputError(f"{error.what}; {why}", where=error.where))
        return
    for number, (card, note) in enumerate(prompts):
        reason = f"a prompt alone, as {why}" if number == 0 else ""
        yield NewPrompt(file, instructions.title, card, "; ".join(filter(None, [reason, note])))


def _choice_fields(labels: Sequence[str], targets: Targets, additions: Additions) -> dict[str, Any]:
    if not (labels or targets.have_choices):
        return {}
    families = [targets.family] if targets.family in additions.families() else []
    choices = ROW if targets.have_choices else dict(zip(labels, labels, strict=True))
    return {"choices": choices, "families": families}


def _few(instructions: Instructions) -> str:
    outputs = {output for each in instructions.instances for output in each.outputs}
    labels = sorted(output for output in outputs if "," not in output and len(output) < 40)
    named = f"; if its answers are a fixed list, name it: --labels {','.join(labels)}" if 1 < len(labels) < 6 else ""
    return f"{len(instructions.instances)} rows are too few for a dataset: import a file with more{named}"

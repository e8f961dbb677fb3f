"""Where the rows of a task lie on the hub, as the source of a card, and which splits of them are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taskatlas.errors import InputError

_KNOWN = {"path", "revision", "name"}
"""What a source can say of the options by which mteb loads rows."""


@dataclass(frozen=True)
class HubSource:
    """Where the rows of a task lie.

    Attributes:
        text: the source, as a card says it.
        splits: of the hub that are read: train and test, or one, which is divided by content hash.
        unread: splits by which mteb evaluates, too, and which are not read.
    """

    text: str
    splits: tuple[str, ...]
    unread: tuple[str, ...]


def hub_source(task: Any, subset: str | None) -> HubSource:
    """Return where the rows of a task lie.

    Args:
        task: as mteb has it.
        subset: which is a configuration on the hub; None where the task has none.

    Raises:
        InputError: they are read by options that a source does not have.
    """
    options = task.metadata.dataset
    if others := sorted(set(options) - _KNOWN):
        raise InputError(f"its rows are read with an option that a source does not have ({', '.join(others)})")
    config = subset or options.get("name", "")
    evaluated = list(task.metadata.eval_splits)
    split = "test" if "test" in evaluated else evaluated[0]
    is_split = split == "test" and getattr(task, "train_split", None) == "train"
    pinned = f"hf:{options['path']}@{options['revision']}"
    if is_split:
        text = f"{pinned}:{config}:{{split}}" if config else f"{pinned}:{{split}}"
    else:
        text = f"{pinned}:{config}:{split}"
    splits = ("train", "test") if is_split else (split,)
    return HubSource(text, splits, tuple(name for name in evaluated if name not in splits))

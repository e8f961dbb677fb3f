"""The starter project: cards and small data that come with the package."""

from __future__ import annotations

import shutil
from pathlib import Path

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.cards.names import LONGEST, letters
from taskatlas.errors import CardError, StoreError

STARTER = Path(__file__).resolve().parent.parent / "starter"


def write_starter(folder: Path) -> None:
    """Write the starter project, cards and data, into a folder that is new or empty, and name it after the folder.

    Raises:
        CardError: the folder holds something already.
        StoreError: it cannot be written.

    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CardError("is not an empty folder", where=str(folder), todo="name a new one")
        # atlas.yaml comes last: a folder that was only half copied is not taken for a project
        leave_out = shutil.ignore_patterns("__init__.py", "__pycache__", "warehouse", PROJECT_FILE)
        shutil.copytree(STARTER, folder, dirs_exist_ok=True, ignore=leave_out)
        card = (STARTER / PROJECT_FILE).read_text(encoding="utf-8")
        name = letters(folder.name)[:LONGEST] or "starter"
        (folder / PROJECT_FILE).write_text(card.replace("name: starter\n", f"name: {name}\n"), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write ({error.strerror or error})", where=str(folder)) from error

"""Files that another file names: within its folder, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from taskatlas.errors import InputError

MAX_FILES = 200
"""That one name with an asterisk may stand for."""


def files_within(folder: Path, name: str) -> list[Path]:
    """Return the files that a name stands for, which may hold asterisks.

    Raises:
        InputError: it leads out of the folder, or to no file, or to too many.

    """
    relative = name.strip().removeprefix("./")
    if not relative or Path(relative).is_absolute() or ".." in Path(relative).parts or "\0" in relative:
        raise InputError(f"it names {name[:80]!r}, which does not lie beside it")
    try:
        named = sorted(folder.glob(relative)) if set(relative) & set("*?[") else [folder / relative]
        files = [file for file in named[: MAX_FILES + 1] if file.is_file()]
    except (OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"it names {name[:80]!r}, which cannot be looked at") from error
    if not files:
        raise InputError(f"it names {name[:80]!r}, and there is no such file")
    if len(files) > MAX_FILES:
        raise InputError(f"it names {name[:80]!r}, and there are more than {MAX_FILES} such files")
    for file in files:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"it names {name[:80]!r}, which leads out of its folder")
    return files

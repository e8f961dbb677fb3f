"""The files that a person means by one path: a file, or a train and a test file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskatlas.cards.names import card_name
from taskatlas.errors import InputError
from taskatlas.ingest.decode import PACKED
from taskatlas.ingest.sources import splits_of

_SPLIT = "{split}"
_NAMES = ("train", "test")


@dataclass(frozen=True)
class DataFiles:
    """The files of one dataset.

    Attributes:
        pattern: their path, absolute; with {split} where there are two.
        paths: one file, or the train file and the test file.
    """

    pattern: str
    paths: tuple[Path, ...]

    @property
    def shown(self) -> str:
        """What people call them."""
        pattern = Path(self.pattern)
        return f"{pattern.parent.name}/{pattern.name}" if self.is_split else pattern.name

    @property
    def is_split(self) -> bool:
        """Whether they are a train and a test file."""
        return len(self.paths) > 1

    @property
    def name(self) -> str:
        """The name of a card of theirs: that of the file, or of the folder where the files are called by their split
        alone."""
        path = Path(self.pattern)
        stem = path.name.removesuffix(self.ending).replace(_SPLIT, "").strip("-_. ")
        return card_name(stem or path.parent.name)

    @property
    def ending(self) -> str:
        """The suffix, with that of the packing."""
        path = Path(self.pattern)
        return "".join(path.suffixes[-2:]) if path.suffix.lower() in PACKED else path.suffix

    def within(self, project: Path) -> str | None:
        """Return the pattern relative to a project; None where the files lie outside."""
        path = Path(self.pattern)
        return path.relative_to(project).as_posix() if path.is_relative_to(project) else None

    def copied(self, name: str) -> dict[str, Path]:
        """Return where copies of the files belong in a project, relative to it → the file."""
        if not self.is_split:
            return {f"data/{name}{self.ending}": self.paths[0]}
        return {self.source(name).replace(_SPLIT, split): path for split, path in zip(_NAMES, self.paths, strict=True)}

    def source(self, name: str) -> str:
        """Return what a card says of copies of the files."""
        return f"data/{name}/{_SPLIT}{self.ending}" if self.is_split else f"data/{name}{self.ending}"


def data_files(path: Path) -> DataFiles:
    """Return the files that a path means: a file; a path with {split} in it; or a folder with a train and a test file.

    Raises:
        InputError: there is no such file, or it is of no known format.
    """
    if str(path).startswith("hf:"):
        todo = "save it as a file, such as Parquet, or write its card (docs/formats.md)"
        raise InputError("a dataset on the hub is not drafted", where=str(path), todo=todo)
    given = path.expanduser()
    pattern = _pair_in(given) if given.is_dir() and _SPLIT not in str(given) else given
    splits = splits_of(str(pattern), Path.cwd())
    paths = tuple(split.path for split in splits if split.path is not None and split.path.is_file())
    if len(paths) != len(splits):
        raise InputError("this is no single file", where=str(path), todo="name a file, or a train and a test file")
    return DataFiles(str(pattern.parent.resolve() / pattern.name), paths)


def _pair_in(folder: Path) -> Path:
    """The train and the test file of a folder, as one path with {split}."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and entry.name[:1] != ".")
    except OSError as error:
        what = f"cannot be looked at ({error.strerror})"
        raise InputError(what, where=str(folder), todo="mend its permissions") from error
    for name in names:
        if "train" in name and name.replace("train", "test", 1) in names:
            return folder / name.replace("train", _SPLIT, 1)
    listed = ", ".join(names[:5]) or "nothing"
    what, todo = f"in this folder are no train and test file, but {listed}", "name a file in it"
    raise InputError(what, where=str(folder), todo=todo)

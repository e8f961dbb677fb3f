"""Finding pinned weights on this machine, and holding them to their SHA-256.

Weights are safetensors, or GGUF for those who read it: a pickle can run code when it is read, so a folder that holds
nothing else is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from string import Template

from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256
from taskatlas.predict import hub
from taskatlas.predict.hub import ADAPTER, FILE, INDEX, MODULES, PICKLE
from taskatlas.predict.modules import module_files
from taskatlas.schemas.cards import Weights

GGUF = ".gguf"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def locate(weights: Weights, project: Path, *, gguf: bool = False, modules: bool = False) -> Path:
    """Return the folder of the weights, with its config and tokenizer; verify their SHA-256 on every call.

    Args:
        weights: `package:NAME[/sub/folder]`, `hf:owner/name`, or a folder relative to the project, which may hold
            `${VARIABLE}`.
        project: the project's folder.
        gguf: whether the caller reads GGUF, too.
        modules: whether it reads the modules of sentence-transformers, whose weights are verified, too.

    Raises:
        ModelError: the weights are missing, of another revision, pickled, GGUF that the caller does not read, several
            of which none is named, or have another SHA-256.

    """
    folder = folder_of(weights, project)
    try:
        _verify(folder, weights, f"weights {weights.source}", gguf=gguf, modules=modules)
    except OSError as error:  # a name that is too long, or a file that may not be read
        where = f"weights {weights.source[:100]}"
        raise ModelError(f"cannot be looked at ({error.strerror})", where=where, todo="mend the path") from error
    return folder


def folder_of(weights: Weights, project: Path) -> Path:
    """Return the folder as `locate` does, for those who read no weights there: verify nothing; it may be missing.

    Raises:
        ModelError: a package or a revision of the hub is missing.

    """
    where = f"weights {weights.source}"
    if weights.source.startswith("package:"):
        return _in_package(weights, where)
    if weights.source.startswith("hf:"):
        return hub.snapshot(weights, where, lambda folder: bool(_files_of(folder, weights, modules=True)))
    return project / _expand(weights.source, where)


def _verify(folder: Path, weights: Weights, where: str, *, gguf: bool, modules: bool) -> None:
    """Check that `folder` holds the weights, with their SHA-256 where there is one, see `sha256_of`.

    Raises:
        ModelError: the folder or the file is missing, the weights are pickled or GGUF, or the hash differs.

    """
    if not folder.is_dir():
        raise ModelError(f"there is no folder {folder}", where=where, todo="put the weights there, or mend the card")
    files = _files_of(folder, weights, modules=modules)
    if not files:
        raise _missing(folder, weights, where)
    if files[0].suffix == GGUF and not gguf:
        raise ModelError(
            f"{files[0].name} is GGUF, which only models of kind causal read",
            where=where,
            todo="use kind: causal, or the same weights as safetensors",
        )
    if weights.sha256 is None:
        return
    actual = sha256_of(files)
    if actual != weights.sha256:
        file_name = FILE if len(files) > 1 else files[0].name
        raise ModelError(
            f"{file_name} has another SHA-256: expected {weights.sha256}, found {actual}",
            where=where,
            todo="get the pinned revision again; if the change is meant, put the new hash and revision on the card",
        )


def _missing(folder: Path, weights: Weights, where: str) -> ModelError:
    """Return what to say of a folder whose weights are not there, or cannot be told from others."""
    todo = "put the weights there, or mend the card"
    of_modules, _ = module_files(folder)
    if lacking := [name for name in of_modules if not (folder / name).is_file()]:
        save = "save the folder with them, as SentenceTransformer(...).save_pretrained does; a pickle is not read there"
        return ModelError(f"{folder} holds no {lacking[0]}", where=where, todo=save)
    if weights.file:
        return ModelError(f"{folder} holds no {weights.file}", where=where, todo=todo)
    several = sorted(path.name for path in folder.glob(f"*{GGUF}"))
    if len(several) > 1:
        choose = f"name one on the card, as file: {several[0]}"
        return ModelError(f"{folder} holds {len(several)} GGUF files", where=where, todo=choose)
    if pickled := sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern)):
        return ModelError(
            f"{folder} holds pickled weights only ({pickled[0]}), which can run code when they are read",
            where=where,
            todo="save them as safetensors (model.save_pretrained), or say trust_pickle: true on the card",
        )
    named = "; a GGUF file of the hub is named by file:" if weights.source.startswith("hf:") else ""
    return ModelError(f"{folder} holds no {FILE}", where=where, todo=todo + named)


def gguf_file(folder: Path, weights: Weights) -> str | None:
    """Return the name of the GGUF file that `locate` found in a folder; None where it found other weights."""
    files = _files_of(folder, weights)
    return files[0].name if files and files[0].suffix == GGUF else None


def _files_of(folder: Path, weights: Weights, *, modules: bool = False) -> list[Path]:
    files = weight_files(folder, trust_pickle=weights.trust_pickle, file=weights.file)
    names, alone = module_files(folder) if modules else ([], False)
    if not names:
        return files
    further = [folder / name for name in names]
    whole = (files or alone) and all(each.is_file() for each in further)
    return [*([] if alone else files), *further] if whole else []


def weight_files(folder: Path, *, trust_pickle: bool = False, file: str | None = None) -> list[Path]:
    """Return the files of a folder's weights: the one that is named, model.safetensors, an adapter's, the several that
    an index names, a pickle that is trusted, or the only GGUF file; none where one of them is missing."""
    for name in (file,) if file else (FILE, ADAPTER):
        if (folder / name).is_file():
            return [folder / name]
    if file:
        return []
    if file_names := _indexed(folder):
        files = [folder / Path(name).name for name in sorted(file_names)]
        return files if all(each.is_file() for each in files) else []
    if trust_pickle and (folder / PICKLE).is_file():
        return [folder / PICKLE]
    found = list(folder.glob(f"*{GGUF}"))
    return found if len(found) == 1 else []


def _indexed(folder: Path) -> set[str]:
    """Return the files that a folder's index names; none where it cannot be read."""
    try:
        return {str(name) for name in json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return set()


def all_verified(folder: Path, where: str) -> None:
    """Check that `locate` verified every file that a reader takes which takes all safetensors files of a folder, or of
    them those that an index names, as vLLM does.

    Args:
        folder: as `locate` gave it.
        where: what the message of an error names.

    Raises:
        ModelError: further files would be read, or fewer.
    """
    verified = {file.name for file in weight_files(folder)}
    read = {file.name for file in folder.glob("*.safetensors")}
    if (folder / INDEX).is_file():
        read &= _indexed(folder)
    if differing := sorted(read ^ verified):
        problem = f"{differing[0]} is {'read, and not' if differing[0] in read else 'not read, but'} verified"
        todo = f"keep {FILE}, or {INDEX} and the files that it names, in a folder of their own"
        raise ModelError(f"{folder} holds several weights: {problem}", where=where, todo=todo)


def sha256_of(files: Sequence[Path]) -> str:
    """Return the SHA-256 of weights in one file; of several that of what `sha256sum model-*.safetensors` prints, so
    that `sha256sum model-*.safetensors | sha256sum` gives the same."""
    if len(files) == 1:
        return file_sha256(files[0])
    folder = os.path.commonpath([file.parent for file in files])
    names = {file: file.relative_to(folder).as_posix() for file in files}
    printed = "".join(f"{file_sha256(file)}  {names[file]}\n" for file in sorted(files))
    return hashlib.sha256(printed.encode()).hexdigest()


def _in_package(weights: Weights, where: str) -> Path:
    """Return the folder inside the installed distribution that holds model.safetensors, or else GGUF."""
    name, _, subfolder = weights.source.removeprefix("package:").partition("/")
    installed, wanted = package_version(name, weights.revision, where), weights.file or FILE
    paths = [Path(str(file)) for file in installed.files or ()]
    named = [path for path in paths if path.name == wanted] or [
        path for path in paths if path.suffix == GGUF and not weights.file
    ]
    # modules of sentence-transformers lie below the folder that names them
    of_modules = {path.parent for path in paths if path.name == MODULES}
    held = {path.parent.parent if path.parent.parent in of_modules else path.parent for path in named}
    folders = sorted(path for path in held if not subfolder or path.as_posix().endswith(subfolder.strip("/")))
    if not folders:
        raise ModelError(
            f"the package holds no {wanted} below {subfolder or 'its top'!r}", where=where, todo="mend the card"
        )
    if len(folders) > 1:
        options = ", ".join(path.as_posix() for path in folders)
        todo = f"add one of these folders: {options}"
        raise ModelError(f"the package holds several {named[0].name}", where=where, todo=todo)
    return Path(str(installed.locate_file(folders[0])))


def package_version(name: str, revision: str, where: str) -> metadata.Distribution:
    """Return the installed distribution `name`, whose version must be `revision`.

    Raises:
        ModelError: it is not installed, or another version is.

    """
    try:
        installed = metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError) as error:
        raise ModelError(
            f"the package {name} is not installed", where=where, todo=f"pip install {name}=={revision}"
        ) from error
    if installed.version != revision:
        raise ModelError(
            f"the installed {name} has another version: expected {revision}, found {installed.version}",
            where=where,
            todo=f"pip install {name}=={revision}, or put the new revision on the card",
        )
    return installed


def _expand(source: str, where: str) -> str:
    try:
        return Template(source).substitute(os.environ)
    except (KeyError, ValueError) as error:
        raise ModelError(f"the environment variable {error} is not set", where=where, todo="set it") from error

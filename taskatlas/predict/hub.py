"""Snapshots of the Hugging Face hub at a pinned revision: of all its files those that weights are read from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from taskatlas.errors import ModelError
from taskatlas.schemas.cards import Weights

FILE, PROMPTS, MODULES = "model.safetensors", "config_sentence_transformers.json", "modules.json"
ADAPTER, INDEX, PICKLE = "adapter_model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
_HUB_FILES = (
    FILE, ADAPTER, INDEX, "model-*.safetensors", "*config.json", "tokenizer*", "vocab*", "merges.txt",
    "special_tokens_map.json", "chat_template*", MODULES, PROMPTS, "*.model",
    f"[0-9]_*/{FILE}", "[0-9]_*/tokenizer.json",
)  # fmt: skip


def snapshot(weights: Weights, where: str, whole: Callable[[Path], bool]) -> Path:
    """Return the hub snapshot at the pinned revision: from the local cache if it is there, and only then from the hub.

    Others fill the cache, too, with fewer files: where that of prompts is missing, the hub is asked once whether there
    is one, and huggingface_hub keeps its answer. Without a network the cache has to do.

    Args:
        weights: whose source is `hf:owner/name`.
        where: what the message of an error names.
        whole: whether a folder holds all files of the weights.

    Raises:
        ModelError: the name is none, or what is missing cannot be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository, revision = weights.source.removeprefix("hf:"), weights.revision
    patterns = [*_HUB_FILES, *([PICKLE] if weights.trust_pickle else ()), *([weights.file] if weights.file else ())]

    def fetched(*, offline: bool) -> Path:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=patterns, local_files_only=offline))

    cached = None
    try:
        try:
            folder = fetched(offline=True)
            cached = folder if whole(folder) else None
            if cached and (cached / PROMPTS).is_file():
                return cached
        except LocalEntryNotFoundError:
            pass
        return fetched(offline=False)
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


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

"""Loading a surrogate from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taskatlas.errors import ModelError

OPTIONS = {"local_files_only": True, "trust_remote_code": False}


def load_encoder(folder: Path, where: str) -> tuple[Any, Any]:
    """The model in float32, and its tokenizer, from safetensors and without code from the folder.

    Args:
        folder: where config, tokenizer and model.safetensors lie.
        where: what the message of an error names.

    Returns:
        A transformers model whose last_hidden_state are text tokens' states (of T5 and its kin the encoder), in
        evaluation mode; and its tokenizer.

    Raises:
        ModelError: the folder cannot be read, lacks tensors, or holds an encoder-decoder without a text encoder.

    """
    from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **OPTIONS)
        config = AutoConfig.from_pretrained(folder, **OPTIONS)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise _unreadable(error, where) from error
    kind = AutoModelForTextEncoding if config.is_encoder_decoder else AutoModel
    # only the pooler, which is not used, may be missing
    return _loaded(kind, folder, where, "pooler."), tokenizer


def load_writer(folder: Path, where: str) -> Any:
    """An encoder-decoder with its decoder, in float32, from safetensors and without code from the folder; None where
    the folder holds an encoder or a decoder alone.

    Raises:
        ModelError: it cannot be read, or lacks tensors.
    """
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    if not AutoConfig.from_pretrained(folder, **OPTIONS).is_encoder_decoder:
        return None
    return _loaded(AutoModelForSeq2SeqLM, folder, where)


def _loaded(kind: Any, folder: Path, where: str, *spare: str) -> Any:
    """A model of this kind; transformers fills what a file lacks with random numbers, so none but spare ones may."""
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model, report = kind.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **OPTIONS
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise _unreadable(error, where) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith(spare))
    if missing:
        raise ModelError(
            f"model.safetensors lacks {len(missing)} tensors, first: {missing[0]}",
            where=where,
            todo="get the whole file, or mend config.json",
        )
    return model.eval()


def _unreadable(error: Exception, where: str) -> ModelError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelError(f"cannot be loaded ({reason})", where=where, todo="check the folder's files")

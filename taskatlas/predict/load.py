"""Loading a text encoder from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taskatlas.errors import ModelError


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
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        config = AutoConfig.from_pretrained(folder, **options)
        kind = AutoModelForTextEncoding if config.is_encoder_decoder else AutoModel
        model, report = kind.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot be loaded ({reason})", where=where, todo="check the folder's files") from error
    # transformers fills what a file lacks with random numbers; only the pooler, which is not used, may be missing
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise ModelError(
            f"model.safetensors lacks {len(missing)} tensors, first: {missing[0]}",
            where=where,
            todo="get the whole file, or mend config.json",
        )
    return model.eval(), tokenizer

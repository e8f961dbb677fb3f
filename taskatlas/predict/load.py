"""Loading models of transformers from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taskatlas.errors import ModelError

OPTIONS = {"local_files_only": True, "trust_remote_code": False}


def load_encoder(folder: Path, where: str, *, pickled: bool = False) -> tuple[Any, Any]:
    """The model in float32, and its tokenizer, from safetensors and without code from the folder.

    Args:
        folder: where config, tokenizer and model.safetensors lie.
        where: what the message of an error names.
        pickled: read pytorch_model.bin, which somebody trusts.

    Returns:
        A transformers model whose last_hidden_state are text tokens' states (of T5 and its kin the encoder), in
        evaluation mode; and its tokenizer.

    Raises:
        ModelError: the folder cannot be read, lacks tensors, or holds an encoder-decoder without a text encoder.

    """
    from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding

    tokenizer = load_tokenizer(folder, where)
    try:
        config = AutoConfig.from_pretrained(folder, **OPTIONS)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise _unreadable(error, where) from error
    kind = AutoModelForTextEncoding if config.is_encoder_decoder else AutoModel
    # only the pooler, which is not used, may be missing
    return _loaded(kind, folder, where, "pooler.", pickled=pickled), tokenizer


def load_writer(folder: Path, where: str, *, pickled: bool = False) -> Any:
    """An encoder-decoder with its decoder, in float32, from safetensors and without code from the folder; None where
    the folder holds an encoder or a decoder alone.

    Raises:
        ModelError: it cannot be read, or lacks tensors.
    """
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    if not AutoConfig.from_pretrained(folder, **OPTIONS).is_encoder_decoder:
        return None
    return _loaded(AutoModelForSeq2SeqLM, folder, where, pickled=pickled)


def load_language_model(
    folder: Path,
    kind: str,
    where: str,
    *,
    precision: str = "auto",
    device: str = "cpu",
    adapter: Path | None = None,
    pickled: bool = False,
) -> tuple[Any, Any]:
    """A language model and its tokenizer.

    Args:
        folder: where config, tokenizer and weights lie.
        kind: causal or seq2seq.
        where: what the message of an error names.
        precision: float32, bfloat16, or auto for what suits the device.
        device: where it goes.
        adapter: the folder of a PEFT adapter, which is merged into the weights.
        pickled: as `load_encoder`.

    Raises:
        ModelError: a folder cannot be read, lacks tensors, or holds another kind of model.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    narrow = precision == "bfloat16" or (
        precision == "auto" and device.startswith("cuda") and torch.cuda.is_bf16_supported()
    )
    tokenizer = load_tokenizer(folder, where)
    auto = AutoModelForCausalLM if kind == "causal" else AutoModelForSeq2SeqLM
    model = _loaded(auto, folder, where, dtype=torch.bfloat16 if narrow else torch.float32, pickled=pickled)
    if adapter is not None:
        model = _adapted(model, adapter, where)
    return model.to(device).eval(), tokenizer


def _adapted(model: Any, adapter: Path, where: str) -> Any:
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise _unreadable(error, f"{where}: adapter") from error


def load_finetuned(kind: str, folder: Path, where: str, *, pickled: bool = False) -> tuple[Any, Any]:
    """A fine-tuned model of the class AutoModelFor`kind` in float32, and its tokenizer.

    Raises:
        ModelError: the folder cannot be read, lacks tensors (as a head that was never trained), or holds another kind.
    """
    import transformers

    tokenizer = load_tokenizer(folder, where)
    return _loaded(getattr(transformers, f"AutoModelFor{kind}"), folder, where, pickled=pickled), tokenizer


def load_tokenizer(folder: Path, where: str) -> Any:
    """The tokenizer of a folder.

    Raises:
        ModelError: it cannot be read.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, **OPTIONS)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise _unreadable(error, where) from error


def _loaded(kind: Any, folder: Path, where: str, *spare: str, dtype: Any = None, pickled: bool = False) -> Any:
    """A model of this kind; transformers fills what a file lacks with random numbers, so none but spare ones may. Of a
    pickle torch reads tensors and nothing else."""
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model, report = kind.from_pretrained(
            folder,
            dtype=dtype or torch.float32,
            use_safetensors=None if pickled else True,
            weights_only=True,
            output_loading_info=True,
            **OPTIONS,
        )
    except Exception as error:  # transformers, safetensors and torch's unpickler have errors of their own
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

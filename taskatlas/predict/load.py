"""Loading models of transformers from a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.predict.adapters import adapted, saved_with, virtual_tokens
from taskatlas.predict.gguf import gguf_arguments, read_once
from taskatlas.predict.hub import FILE
from taskatlas.predict.placement import placement, precision_on
from taskatlas.predict.weights import gguf_file
from taskatlas.schemas.language import CausalModel, TransformersModel

OPTIONS = {"local_files_only": True, "trust_remote_code": False}


def load_encoder(folder: Path, where: str, *, pickled: bool = False, precision: str = "float32") -> tuple[Any, Any]:
    """Load a text encoder and its tokenizer, from safetensors and without code from the folder.

    Args:
        folder: where config, tokenizer and model.safetensors lie.
        where: what the message of an error names.
        pickled: read pytorch_model.bin, which somebody trusts.
        precision: the name of torch's type for its weights.

    Returns:
        A transformers model whose last_hidden_state are text tokens' states (of T5 and its kin the encoder), in
        evaluation mode; and its tokenizer.

    Raises:
        ModelError: the folder cannot be read, lacks tensors, or holds an encoder-decoder without a text encoder.

    """
    import torch
    from transformers import AutoModel, AutoModelForTextEncoding

    tokenizer = load_tokenizer(folder, where)
    config = load_config(folder, where)
    # of T5 an encoder alone may have been saved, which its config then says by the class
    encoder_alone = any(name.endswith("EncoderModel") for name in config.architectures or ())
    kind = AutoModelForTextEncoding if config.is_encoder_decoder or encoder_alone else AutoModel
    # only the pooler, which is not used, may be missing
    model = _loaded(kind, folder, where, "pooler.", dtype=getattr(torch, precision), pickled=pickled)
    return model, tokenizer


def load_writer(folder: Path, where: str, *, pickled: bool = False) -> Any:
    """Load an encoder-decoder with its decoder, in float32, from safetensors and without code from the folder; return
    None where the folder holds an encoder or a decoder alone.

    Raises:
        ModelError: it cannot be read, or lacks tensors.
    """
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    if not AutoConfig.from_pretrained(folder, **OPTIONS).is_encoder_decoder:
        return None
    return _loaded(AutoModelForSeq2SeqLM, folder, where, pickled=pickled)


HEADS = ("classifier.", "classification_head.", "pre_classifier.", "head.")
"""How the names of what lies above an encoder begin in transformers' sequence classifiers."""


_HEADS_OF_ADAPTERS = (*HEADS, "score.")


def load_classifier(folder: Path, where: str, *, pickled: bool = False) -> Any:
    """Load an encoder or encoder-decoder as its family's sequence classifier, in float32, from safetensors and without
    code from the folder; its head may be missing. Return None where the family has none.

    Raises:
        ModelError: it cannot be read, or lacks tensors below the head.
    """
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    # the library's table of kinds; `in` asks for no file
    if type(load_config(folder, where)) not in AutoModelForSequenceClassification._model_mapping:
        return None
    before = logging.get_verbosity()
    # that a head is missing is as it should be
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        return _loaded(AutoModelForSequenceClassification, folder, where, *HEADS, pickled=pickled)
    finally:
        logging.set_verbosity(before)


def load_language_model(
    folder: Path, card: TransformersModel, device: str, *, adapter: Path | None = None
) -> tuple[Any, Any]:
    """Load a language model and its tokenizer.

    Args:
        folder: where config, tokenizer and weights lie.
        card: its card, of kind causal or seq2seq.
        device: where it goes, unless the card spreads it; on cpu nothing is spread.
        adapter: the folder of a PEFT adapter. It is merged into the weights; not into quantised ones, which would
            round it, too.

    Raises:
        ModelError: a folder cannot be read, lacks tensors, or holds another kind of model; or bitsandbytes or gguf is
            missing.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    where, dtype = f"model {card.name}", getattr(torch, precision_on(device, card.precision))
    if file := gguf_file(folder, card.weights):
        model, tokenizer = _from_gguf(folder, file, card, dtype)
        placement_kwargs = {}
    else:
        placement_kwargs = placement(card, device, dtype)
        tokenizer = load_tokenizer(folder, where)
        auto = AutoModelForCausalLM if isinstance(card, CausalModel) else AutoModelForSeq2SeqLM
        pickled = card.weights.trust_pickle
        model = _loaded(auto, folder, where, dtype=dtype, pickled=pickled, arguments=placement_kwargs)
    if adapter is not None:
        model = adapted(model, adapter, where, merged=card.quantised is None)
        if virtual_tokens(model) and not isinstance(card, CausalModel):
            todo = "use one that changes weights, or a causal model"
            raise ModelError("it is of virtual tokens", where=f"{where}: adapter", todo=todo)
    return (model if placement_kwargs else model.to(device)).eval(), tokenizer


def _from_gguf(folder: Path, file: str, card: TransformersModel, dtype: Any) -> tuple[Any, Any]:
    """Load a decoder-only language model and its tokenizer from a GGUF file, which holds both."""
    from transformers import AutoModelForCausalLM

    where, arguments = f"model {card.name}", gguf_arguments(card, file)
    with read_once():
        model = _loaded(AutoModelForCausalLM, folder, where, dtype=dtype, arguments=arguments)
        return model, load_tokenizer(folder, where, gguf_file=file)


def load_finetuned(
    kind: str, folder: Path, where: str, *, pickled: bool = False, adapter: Path | None = None
) -> tuple[Any, Any]:
    """Load a fine-tuned model of the class AutoModelFor`kind` in float32, and its tokenizer.

    Args:
        kind: the end of the class's name.
        folder: where config, tokenizer and weights lie.
        where: what the message of an error names.
        pickled: read pytorch_model.bin, which somebody trusts.
        adapter: the folder of a PEFT adapter, which may bring the head that the weights lack.

    Raises:
        ModelError: a folder cannot be read, lacks tensors (as a head that was never trained), or holds another kind.
    """
    import transformers

    tokenizer, auto = load_tokenizer(folder, where), getattr(transformers, f"AutoModelFor{kind}")
    if adapter is None:
        return _loaded(auto, folder, where, pickled=pickled), tokenizer
    own = saved_with(adapter, where)
    outputs = [shape[0] for name, shape in own.items() if name.startswith(_HEADS_OF_ADAPTERS) and len(shape) == 2]
    arguments = {"num_labels": min(outputs), "ignore_mismatched_sizes": True} if outputs else {}
    model = _loaded(auto, folder, where, *own, pickled=pickled, arguments=arguments)
    return adapted(model, adapter, where), tokenizer


def load_config(folder: Path, where: str) -> Any:
    """Load the config of a folder.

    Raises:
        ModelError: it cannot be read.
    """
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(folder, **OPTIONS)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise _unreadable(error, where) from error


def load_tokenizer(folder: Path, where: str, **arguments: Any) -> Any:
    """Load the tokenizer of a folder; `arguments` are further ones of `from_pretrained`.

    Raises:
        ModelError: it cannot be read.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, **OPTIONS, **arguments)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise _unreadable(error, where) from error


def _loaded(
    kind: Any,
    folder: Path,
    where: str,
    *spare: str,
    dtype: Any = None,
    pickled: bool = False,
    arguments: Mapping[str, Any] | None = None,
) -> Any:
    """Load a model of this kind. transformers fills what a file lacks with random numbers, so only names that begin
    with one of `spare` may be missing. Of a pickle torch reads tensors and nothing else. `arguments` are further ones
    of `from_pretrained`."""
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
            **(arguments or {}),
        )
    except Exception as error:  # transformers, safetensors and torch's unpickler have errors of their own
        raise _unreadable(error, where) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith(spare))
    if missing:
        raise ModelError(
            f"{(arguments or {}).get('gguf_file', FILE)} lacks {len(missing)} tensors, first: {missing[0]}",
            where=where,
            todo="get the whole file, or mend config.json",
        )
    return model.eval()


def _unreadable(error: Exception, where: str) -> ModelError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelError(f"cannot be loaded ({reason})", where=where, todo="check the folder's files")

"""PEFT adapters on weights: what changes them is merged in, and what is of virtual tokens stands before every text.

Virtual tokens are word vectors (prompt tuning, Lester et al. 2021, arXiv 2104.08691; P-tuning, Liu et al. 2021, arXiv
2103.10385), or keys and values of every layer (prefix tuning, Li & Liang 2021, arXiv 2101.00190).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskatlas.errors import ModelError
from taskatlas.predict.hub import ADAPTER

if TYPE_CHECKING:
    import torch

_OUTERMOST = ("base_model.model.", "base_model.")
"""How PEFT's names of tensors begin that a model has, too: of adapters that change weights, and of virtual tokens."""


def adapted(model: Any, folder: Path, where: str, *, merged: bool = True) -> Any:
    """Put an adapter on a model of transformers.

    Args:
        model: the base.
        folder: the adapter's.
        where: what the message of an error names.
        merged: whether what changes weights is merged into them; quantised ones would round it.

    Returns:
        A model of transformers; with virtual tokens one of PEFT, which puts them before every text.

    Raises:
        ModelError: it cannot be read, or is one for another model.
    """
    from peft import PeftModel

    where = f"{where}: adapter"
    try:
        found: Any = PeftModel.from_pretrained(model, str(folder))
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        todo = "check the folder's files, and that it was tuned on these weights"
        raise ModelError(f"cannot be loaded ({reason})", where=where, todo=todo) from error
    if found.active_peft_config.is_prompt_learning:
        return found.eval()
    return found.merge_and_unload().eval() if merged else found.eval()


def virtual_tokens(model: Any) -> int:
    """Return how many virtual tokens stand before a text; 0 where there are none."""
    config = getattr(model, "active_peft_config", None)
    return int(config.num_virtual_tokens) if config is not None and config.is_prompt_learning else 0


def is_embedded(model: Any) -> bool:
    """Return whether virtual tokens are word vectors, so that a model's states hold theirs, too."""
    from peft import PeftType

    return virtual_tokens(model) > 0 and model.active_peft_config.peft_type != PeftType.PREFIX_TUNING


def read_before(model: Any) -> Any:
    """Return the keys and values of a causal model's virtual tokens, of one text."""
    import torch

    with torch.inference_mode():
        prompt = model.get_prompt(batch_size=1)
        if not is_embedded(model):
            return prompt
        return model.get_base_model()(inputs_embeds=prompt, use_cache=True, logits_to_keep=1).past_key_values


def with_embeddings(model: Any, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return b texts as word vectors with the virtual tokens' before them, and their mask. PEFT would not tell the
    model at which positions the tokens of texts of different lengths stand.

    Args:
        model: one whose virtual tokens are word vectors.
        batch: input_ids and attention_mask, int64 [b, longest].
    """
    import torch

    tokens, mask = batch["input_ids"], batch["attention_mask"]
    prompts = model.get_prompt(batch_size=len(tokens))
    words = model.get_base_model().get_input_embeddings()(tokens)
    ones = mask.new_ones((len(tokens), prompts.shape[1]))
    embeddings = torch.cat([prompts.to(words.dtype), words], dim=1)
    return {"inputs_embeds": embeddings, "attention_mask": torch.cat([ones, mask], dim=1)}


def require_positions(model: Any, max_length: int, where: str) -> None:
    """Check that a model has positions for its virtual tokens beside a text.

    Raises:
        ModelError: it has not.
    """
    limit = getattr(model.config, "max_position_embeddings", None) or getattr(model.config, "n_positions", None)
    count = virtual_tokens(model)
    if count and limit and count + max_length > limit:
        what = f"{count} virtual tokens and max_length {max_length} are more than its {limit} positions"
        raise ModelError(what, where=where, todo=f"lower max_length on the card to {limit - count}")


def saved_with(folder: Path, where: str) -> dict[str, tuple[int, ...]]:
    """Return name and shape of the tensors that an adapter's file holds in place of the model's own, as its head's.

    Raises:
        ModelError: the file cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / ADAPTER, framework="np") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        todo = "check the folder's files"
        raise ModelError(f"cannot be read ({error})", where=f"{where}: adapter", todo=todo) from error
    found = {}
    for name, shape in shapes.items():
        own = next((name.removeprefix(start) for start in _OUTERMOST if name.startswith(start)), "")
        if own and ".lora_" not in own:
            found[own] = shape
    return found

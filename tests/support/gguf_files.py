"""A tiny random Llama, as safetensors and as GGUF, which the package gguf writes as llama.cpp's converter does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from taskatlas.hashing import file_sha256
from taskatlas.schemas.cards import Weights
from tests.support.checkpoints import CHAT, drawn

HEADS, WIDTH, INNER, LAYERS, POSITIONS = 2, 32, 64, 2, 64
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ġ t", "h e", "Ġt he", "Ġ g", "o o", "Ġg oo", "Ġgoo d", "Ġ b", "a d", "Ġb ad"]
NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}  # fmt: skip


def tokens() -> list[str]:
    """Special tokens, all bytes, and what the merges make."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return [*SPECIAL, *sorted(bytes_to_unicode().values()), *(merge.replace(" ", "") for merge in MERGES)]


def llama() -> Any:
    """The model, always the same one."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokens()), hidden_size=WIDTH, intermediate_size=INNER, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, num_key_value_heads=1, max_position_embeddings=POSITIONS, initializer_range=0.4,
        rms_norm_eps=1e-5, tie_word_embeddings=False,
    )  # fmt: skip
    return drawn(LlamaForCausalLM, config).eval()


def write(path: Path, model: Any, **fields: Any) -> Weights:
    """Write a GGUF file of the model into the folder of a project; its weights as a card names them."""
    import gguf

    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(tokens()))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens())
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens()) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(CHAT)
    for name, values in model.state_dict().items():
        writer.add_tensor(_named(name), _permuted(name, values.numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    sha256 = file_sha256(path)
    return Weights(**{"source": path.parent.name, "revision": "1", "sha256": sha256, "max_length": 48, **fields})


def _named(name: str) -> str:
    whole = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if name in whole or name == "lm_head.weight":
        return whole.get(name, "output.weight")
    _, _, layer, *part, _ = name.split(".")
    return f"blk.{layer}.{NAMES['.'.join(part)]}.weight"


def _permuted(name: str, values: np.ndarray) -> np.ndarray:
    """llama.cpp turns neighbouring numbers of a head together, transformers those of its two halves."""
    heads = {"q_proj": HEADS, "k_proj": 1}.get(name.split(".")[-2])
    if heads is None:
        return values
    parts = values.reshape(heads, 2, len(values) // heads // 2, *values.shape[1:])
    return np.ascontiguousarray(parts.swapaxes(1, 2).reshape(values.shape))

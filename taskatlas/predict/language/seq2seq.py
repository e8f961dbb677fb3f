"""How likely an encoder-decoder finds answers: a text is read once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from taskatlas import progress
from taskatlas.predict import packs
from taskatlas.predict.language.engine import Answer, Floats

if TYPE_CHECKING:
    from taskatlas.predict.language.transformers_engine import TransformersEngine


def tokenise(
    loaded: TransformersEngine, texts: Sequence[str], answers: Sequence[str]
) -> tuple[list[list[int]], list[list[Answer]]]:
    """Tokenise each rendered text, cut to the room there is, and for each text the answers, with their end tokens."""
    answer_tokens = loaded.tokenizer(text_target=[answer.strip() for answer in answers])["input_ids"]
    return [loaded.truncate(text_tokens, 0) for text_tokens in loaded.tokens(texts)], [answer_tokens] * len(texts)


def likelihoods(
    loaded: TransformersEngine, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]
) -> list[Floats]:
    """Return the log-likelihood of each text's answers; see `causal.likelihoods`."""
    import torch

    scores: list[Floats] = [np.empty(0)] * len(texts)

    def work(rows: packs.Rows) -> None:
        for row, values in zip(rows, _scored(loaded, [(texts[row], answers[row]) for row in rows]), strict=True):
            scores[row] = values
        progress.advance("answer", len(rows))

    sizes = [len(text) + sum(map(len, text_answers)) for text, text_answers in zip(texts, answers, strict=True)]
    with torch.inference_mode():
        packs.run(packs.pack_by_length(sizes, loaded.budget), work, loaded.where)
    return scores


def _scored(loaded: TransformersEngine, pairs: Sequence[tuple[list[int], Sequence[Answer]]]) -> list[Floats]:
    import torch

    from taskatlas.predict.language.likelihood import likelihood_of, pad_tokens

    model, batch = loaded.model, loaded.batch([text for text, _ in pairs])
    states = model.get_encoder()(**batch).last_hidden_state
    rows = [row for row, (_, answers) in enumerate(pairs) for _ in answers]
    answer_tokens = [answer for _, answers in pairs for answer in answers]
    tokens = pad_tokens(answer_tokens, loaded.device)
    start = torch.full_like(tokens[:, :1], model.config.decoder_start_token_id)
    decoder_inputs = torch.cat([start, tokens[:, :-1].clamp(min=0)], dim=1)
    logits = model(
        encoder_outputs=(states[rows],), attention_mask=batch["attention_mask"][rows], decoder_input_ids=decoder_inputs,
        use_cache=False,
    ).logits  # fmt: skip
    # layers may be on several devices, and the last on another than the first
    values = likelihood_of(logits.to(loaded.device), tokens).double().cpu().numpy()
    return np.split(values, np.cumsum([len(answers) for _, answers in pairs])[:-1])

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


def tokenised(
    loaded: TransformersEngine, texts: Sequence[str], answers: Sequence[str]
) -> tuple[list[list[int]], list[list[Answer]]]:
    """The tokens of each shown text, cut to the room there is, and for each text those of the answers, with ends."""
    found = loaded.tokenizer(text_target=[answer.strip() for answer in answers])["input_ids"]
    return [loaded.fitted(some, 0) for some in loaded.tokens(texts)], [found] * len(texts)


def likelihoods(
    loaded: TransformersEngine, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]
) -> list[Floats]:
    """The log-likelihood of each text's answers; see `causal.likelihoods`."""
    import torch

    found: list[Floats] = [np.empty(0)] * len(texts)

    def work(rows: packs.Rows) -> None:
        for row, values in zip(rows, _scored(loaded, [(texts[row], answers[row]) for row in rows]), strict=True):
            found[row] = values
        progress.advance("answer", len(rows))

    sizes = [len(text) + sum(map(len, some)) for text, some in zip(texts, answers, strict=True)]
    with torch.inference_mode():
        packs.run(packs.packed(sizes, loaded.budget), work, loaded.where)
    return found


def _scored(loaded: TransformersEngine, some: Sequence[tuple[list[int], Sequence[Answer]]]) -> list[Floats]:
    import torch

    from taskatlas.predict.language.likelihood import filled, likelihood_of

    model, shown = loaded.model, loaded.batch([text for text, _ in some])
    states = model.get_encoder()(**shown).last_hidden_state
    rows = [row for row, (_, answers) in enumerate(some) for _ in answers]
    given = [answer for _, answers in some for answer in answers]
    tokens = filled(given, loaded.device)
    start = torch.full_like(tokens[:, :1], model.config.decoder_start_token_id)
    written = torch.cat([start, tokens[:, :-1].clamp(min=0)], dim=1)
    logits = model(
        encoder_outputs=(states[rows],), attention_mask=shown["attention_mask"][rows], decoder_input_ids=written,
        use_cache=False,
    ).logits  # fmt: skip
    # layers may be on several devices, and the last on another than the first
    values = likelihood_of(logits.to(loaded.device), tokens).double().cpu().numpy()
    return np.split(values, np.cumsum([len(answers) for _, answers in some])[:-1])

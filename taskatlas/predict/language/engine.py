"""What computes for a language model, and what all that do have in common: texts are shown as tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from taskatlas.errors import ModelError
from taskatlas.predict.demonstrations import Turns, joined, said
from taskatlas.schemas.language import LanguageModel
from taskatlas.schemas.prompts import PromptCard

Answer = list[int]
"""Tokens of one answer."""
Floats = npt.NDArray[np.float64]


class Engine(ABC):
    """A language model, ready to compute.

    Attributes:
        card: the model's card.
        where: what errors name.
        tokenizer: of transformers.
        room: tokens of what is shown and what is answered, as many as the card says and the model has places for.
        cut: how many shown texts were longer than there is room for, so far.
    """

    def __init__(self, card: LanguageModel, tokenizer: Any, config: Any, *, spare: int = 0) -> None:
        """Take a tokenizer, and the places from the model's config, both of transformers.

        Args:
            card: the model's card.
            tokenizer: of the model.
            config: of the model.
            spare: places that are neither for what is shown nor for what is answered.

        Raises:
            ModelError: the card wants chats, and the tokenizer has no template for them.
        """
        self.card, self.where, self.tokenizer = card, f"model {card.name}", tokenizer
        places = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        self.room: int = min(card.weights.max_length, places - spare if places else card.weights.max_length)
        self.cut = 0
        if tokenizer.pad_token_id is None:  # it is masked or cut off wherever it stands
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        if card.chat and not tokenizer.chat_template:
            raise ModelError("its tokenizer has no chat template", where=self.where, todo="set chat: false on the card")

    @abstractmethod
    def tokenised(self, texts: Sequence[str], answers: Sequence[str]) -> tuple[list[list[int]], list[list[Answer]]]:
        """The tokens of each shown text, cut to the room there is, and for each text those of the answers after it.

        Raises:
            ModelError: an answer has no token of its own, or leaves no room for a text.
        """

    @abstractmethod
    def likelihoods(self, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
        """The log-likelihood of each text's answers.

        Args:
            texts: tokens of what is shown, n lists.
            answers: for each text the tokens of its answers.

        Returns:
            n arrays, float64 [answers of the text].

        Raises:
            ModelError: the model cannot tell, or memory does not hold one text.
        """

    @abstractmethod
    def written(self, texts: Sequence[str]) -> list[str]:
        """What the model writes after each shown text, without the stop text and white space around.

        Raises:
            ModelError: memory does not hold one text.
        """

    def shown(self, prompt: PromptCard, turns: Turns, text: str) -> str:
        """A rendered text as the model is shown it, after its demonstrations: as one text, or as a chat."""
        if not self.card.chat:
            return joined(turns, text, self.card.delimiter, prompt)
        messages = said(prompt, turns, text)
        found: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return found

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each shown text, whole. A chat holds its special tokens already."""
        if not texts:
            return []
        found: list[list[int]] = self.tokenizer(list(texts), add_special_tokens=not self.card.chat)["input_ids"]
        return found

    def fitted(self, tokens: Sequence[int], answer: int) -> list[int]:
        """What is shown, cut on the card's side to leave room for an answer of so many tokens.

        Where nothing is shown it is the token that begins texts, or else the one that ends them: models read no empty
        input.

        Raises:
            ModelError: there is none.
        """
        room = self.room - answer
        if room < 1:
            raise ModelError(
                f"an answer of {answer} tokens leaves no room for a text in its {self.room}",
                where=self.where,
                todo="raise max_length, or shorten the answer",
            )
        if not tokens:
            return [self.tokenizer.bos_token_id or self.tokenizer.eos_token_id or 0]
        if len(tokens) <= room:
            return list(tokens)
        self.cut += 1
        return list(tokens[-room:] if self.card.truncate == "left" else tokens[:room])

"""Engines compute for language models; this is what they have in common: texts become tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from taskatlas.errors import ModelError
from taskatlas.predict.demonstrations import Turns, chat_messages, join_turns
from taskatlas.schemas.language import LanguageModel
from taskatlas.schemas.prompts import PromptCard

Answer = list[int]
"""Tokens of one answer."""
Floats = npt.NDArray[np.float64]


class Until(NamedTuple):
    """Where writing ends.

    Attributes:
        tokens: at most so many.
        stop: texts, none of which is written.
    """

    tokens: int
    stop: tuple[str, ...] = ()


class Engine(ABC):
    """A language model, ready to compute.

    Attributes:
        card: the model's card.
        where: what errors name.
        tokenizer: of transformers.
        room: tokens of a rendered text and its answer, at most what the card says and the model has positions for.
        cut: how many rendered texts were longer than there is room for, so far.
    """

    def __init__(self, card: LanguageModel, tokenizer: Any, config: Any, *, spare: int = 0) -> None:
        """Take a tokenizer, and the number of positions from the model's config, both of transformers.

        Args:
            card: the model's card.
            tokenizer: of the model.
            config: of the model.
            spare: positions that are neither for the text nor for its answer.

        Raises:
            ModelError: the card wants chats, and the tokenizer has no template for them.
        """
        self.card, self.where, self.tokenizer = card, f"model {card.name}", tokenizer
        max_positions = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        self.room: int = min(
            card.weights.max_length, max_positions - spare if max_positions else card.weights.max_length
        )
        self.cut = 0
        if tokenizer.pad_token_id is None:  # it is masked or cut off wherever it stands
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        if card.chat and not tokenizer.chat_template:
            raise ModelError("its tokenizer has no chat template", where=self.where, todo="set chat: false on the card")

    @abstractmethod
    def tokenise(self, texts: Sequence[str], answers: Sequence[str]) -> tuple[list[list[int]], list[list[Answer]]]:
        """Tokenise each rendered text, cut to the room there is, and for each text the answers after it.

        Raises:
            ModelError: an answer has no token of its own, or leaves no room for a text.
        """

    @abstractmethod
    def likelihoods(self, texts: Sequence[list[int]], answers: Sequence[Sequence[Answer]]) -> list[Floats]:
        """Return the log-likelihood of each text's answers.

        Args:
            texts: tokens of the rendered texts, n lists.
            answers: for each text the tokens of its answers.

        Returns:
            n arrays, float64 [answers of the text].

        Raises:
            ModelError: the model cannot tell, or memory does not hold one text.
        """

    @abstractmethod
    def generate(self, texts: Sequence[str], until: Until | None = None) -> list[str]:
        """Generate after each rendered text, greedily; without the stop text and white space around.

        Args:
            texts: rendered ones.
            until: where writing ends; None: where the card says.

        Raises:
            ModelError: memory does not hold one text.
        """

    def until(self, given: Until | None) -> Until:
        """Return where writing ends: as given, else as the card says."""
        return given or Until(self.card.max_tokens, self.card.stop)

    def render(self, prompt: PromptCard, turns: Turns, text: str) -> str:
        """Return a rendered text after its demonstrations, as the model reads it: as one text, or as a chat."""
        if not self.card.chat:
            return join_turns(turns, text, self.card.delimiter, prompt)
        messages = chat_messages(prompt, turns, text)
        rendered: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return rendered

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenise each rendered text, whole. A chat holds its special tokens already."""
        if not texts:
            return []
        token_lists: list[list[int]] = self.tokenizer(list(texts), add_special_tokens=not self.card.chat)["input_ids"]
        return token_lists

    def truncate(self, tokens: Sequence[int], answer: int) -> list[int]:
        """Cut a text's tokens on the card's side, to leave room for an answer of so many tokens.

        Where there are no tokens it is the token that begins texts, or else the one that ends them: models read no
        empty input.

        Raises:
            ModelError: the answer leaves no room for a text.
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

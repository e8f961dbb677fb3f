"""The surrogate as its card says: texts in, features or ψ out; an encoder of one's own where a method changes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from taskatlas.errors import InputError
from taskatlas.hashing import text_id
from taskatlas.predict.encode import Encoder, Floats, encoder_for
from taskatlas.predict.manner import manner_of
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.phi import Phi
from taskatlas.predict.prefixes import add_prefix
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.store.parts import Parts

Texts = Sequence[tuple[str, str | None]]


class Surrogate:
    """The surrogate of a project."""

    def __init__(self, card: SurrogateCard, project: Path, parts: Parts, device: str = "auto") -> None:
        """Keep the card; nothing is loaded before a text has to be encoded.

        Raises:
            ModelError: the device is not there.
        """
        self._card, self._project, self._device = card, project, device
        self._manner = manner_of(card, device)
        self._phi = Phi(card, ModelContext(project, parts, device))

    def features(self, texts: Sequence[Example], *, keep: bool = True) -> Floats:
        """Return the pooled layers of texts up to the card's, which is the last: float32 [n, L, d].

        Args:
            texts: n texts.
            keep: whether what is encoded is written.

        Raises:
            ModelError: as `Phi.encode` does.
        """
        return self._phi.layers(add_prefix(self._card.prefix, texts), keep=keep)

    def answer_features(self, texts: Sequence[str]) -> Floats:
        """Return what `features` does, of output texts."""
        return self._phi.layers(self._answers(texts))

    def psi(self, texts: Sequence[str]) -> Floats:
        """Return ψ of output texts: float32 [C, d], each of unit length."""
        return self._phi.encode(self._answers(texts))

    def fresh(self, texts: Texts) -> Floats:
        """Return what `features` does, of texts that leave no trace."""
        encoder = encoder_for(self._card.weights, self._project, self._device, self._manner)
        return self._phi.up_to_layer(encoder.encode(self.prefixed(texts)))

    def prefixed(self, texts: Texts) -> list[tuple[str, str | None]]:
        """Return texts as the surrogate reads them."""
        return [(self._card.prefix + text, pair) for text, pair in texts]

    def to_tune(self) -> Encoder:
        """Load an encoder of one's own, which may be changed.

        Raises:
            InputError: its card has settings with which it is not tuned.
            ModelError: its weights cannot be loaded.
        """
        card = self._card
        settings = {
            "layer": card.layer != -1, "dim": card.dim is not None, "precision": card.precision != "float32",
            "prepending": card.prepending is not None,
        }  # fmt: skip
        if wrong := [name for name, is_set in settings.items() if is_set]:
            raise InputError(
                f"methods that tune it take its last layer in float32, and its card sets {', '.join(wrong)}",
                where=f"surrogate {card.name}",
                todo="choose among the methods text, crosscov and student, or leave that out on the card",
            )
        encoder = Encoder(card.weights, self._project, self._device, self._manner)
        if encoder.layers == 1 or len(encoder.after):
            raise InputError(
                "methods that tune it take a transformer's layers, and its folder has word vectors or Dense modules",
                where=f"surrogate {card.name}",
                todo="choose among the methods text, crosscov and student",
            )
        return encoder

    def _answers(self, texts: Sequence[str]) -> list[Example]:
        return add_prefix(self._card.answer_prefix, [Example(text_id(text), text) for text in texts])

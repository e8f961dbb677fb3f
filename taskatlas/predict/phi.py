"""φ as an encoder's card says: what goes before a text, how the weights are run, which layer and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from taskatlas.errors import ModelError
from taskatlas.predict.encode import Encoder, Floats, last_layer
from taskatlas.predict.features import features_for
from taskatlas.predict.layers import has_layer, pick, up_to
from taskatlas.predict.manner import PLAIN, manner_of
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.prefixes import check_prefix
from taskatlas.schemas.encoding import EncodingCard
from taskatlas.schemas.models import EncoderModel


class Phi:
    """φ of one encoder's card."""

    def __init__(self, card: EncodingCard, context: ModelContext) -> None:
        """Keep the card; nothing is looked for or loaded before a text has to be encoded.

        Raises:
            ModelError: the device is not there.

        """
        self._card, self._manner = card, manner_of(card, context.device)
        self._beside = card.layers if isinstance(card, EncoderModel) else ()
        self._features = partial(
            features_for, card.weights, parts=context.parts, project=context.project, device=context.device,
            manner=self._manner, check=self._check,
        )  # fmt: skip

    def encode(self, texts: Sequence[Example], *, shared: bool = False) -> Floats:
        """Encode texts to φ, any prefix included.

        Args:
            texts: n texts.
            shared: others may ask for them, as they do for a dataset's texts as they are. The surrogate, which is run
                plainly, wants all layers, so these are kept; of other texts the card's layer is, as all would fill
                the disk.

        Returns:
            float32 [n, d], of unit length, from the card's layer and dimensions.

        Raises:
            ModelError: the weights cannot be loaded, want another prefix, or have no such layer or not so many
                dimensions; raised before anything is encoded.

        """
        card = self._card
        if shared and self._manner == PLAIN:
            layers = self._features(texts=texts)
            self._check_layer(layers.shape[1])  # the surrogate may have encoded them
            layers = pick(layers, card.layer)
        else:
            layers = self._features(texts=texts, layer=card.layer, beside=self._beside)
        self._check_dim(layers.shape[2])
        return last_layer(layers[:, :, : card.dim])

    def layers(self, texts: Sequence[Example], *, keep: bool = True) -> Floats:
        """Encode texts to all layers up to the card's, of its dimensions.

        Args:
            texts: n texts, with their prefix.
            keep: whether what is encoded is written; readers of a project write nothing.

        Returns:
            float32 [n, L, d], not normalised. The last layer is the card's, of a list the mean.

        Raises:
            ModelError: as `encode` does.

        """
        return self.up_to_layer(self._features(texts=texts, keep=keep))

    def up_to_layer(self, features: Floats) -> Floats:
        """Return of all layers, [n, L, d], what `layers` does.

        Raises:
            ModelError: there is no such layer, or there are not so many dimensions.

        """
        self._check_layer(features.shape[1])
        self._check_dim(features.shape[2])
        return up_to(features, self._card.layer)[:, :, : self._card.dim]

    @property
    def precision(self) -> str:
        """In which numbers the weights are run."""
        return self._manner.precision

    def _check(self, encoder: Encoder) -> None:
        check_prefix(encoder.folder, self._card)
        self._check_layer(encoder.layers)
        self._check_dim(encoder.dim)

    def _check_layer(self, count: int) -> None:
        wrong = [each for each in (self._card.layer, *self._beside) if not has_layer(each, count)]
        if wrong:
            layer = wrong[0]
            named = f"layer {layer}" if isinstance(layer, int) else f"layer {list(layer)}, each once"
            self._refuse(f"{named}: the weights have {count}, 0 being the embeddings'")

    def _check_dim(self, available: int) -> None:
        if (self._card.dim or 0) > available:
            self._refuse(f"dim {self._card.dim}: the weights have {available}")

    def _refuse(self, what: str) -> None:
        raise ModelError(what, where=f"{self._card.entry} {self._card.name}", todo="mend the card")

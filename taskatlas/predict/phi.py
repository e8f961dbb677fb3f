"""φ as an encoder's card says: what goes before a text, how the weights are run, which layer and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from schemas.models import EncoderModel
from taskatlas.errors import ModelError
from taskatlas.predict.encode import Floats, last
from taskatlas.predict.features import features_for
from taskatlas.predict.manner import PLAIN, manner_of
from taskatlas.predict.model import Context, Example
from taskatlas.predict.prefixes import check_prefix
from taskatlas.predict.weights import folder_of


class Phi:
    """φ of one encoder's card."""

    def __init__(self, card: EncoderModel, context: Context) -> None:
        """Hold the card to its weights' folder.

        Raises:
            ModelError: the folder wants another prefix, or the device is not there.

        """
        check_prefix(folder_of(card.weights, context.project), card)
        self._card, self._manner = card, manner_of(card, context.device)
        self._features = partial(
            features_for, card.weights, parts=context.parts, project=context.project, device=context.device,
            manner=self._manner,
        )  # fmt: skip

    def of(self, texts: Sequence[Example], *, shared: bool = False) -> Floats:
        """φ of texts, any prefix included.

        Args:
            texts: n texts.
            shared: others may ask for them, as they do for a dataset's texts as they are. The surrogate, which is run
                plainly, wants all layers, so these are kept; of other texts the last layer is, as all would fill the
                disk.

        Returns:
            float32 [n, d], of unit length, from the card's layer and dimensions.

        Raises:
            ModelError: the weights cannot be loaded, or have no such layer or so many dimensions.

        """
        card = self._card
        whole = card.layer != -1 or (shared and self._manner == PLAIN)
        found = self._features(texts=texts, last_layer=not whole)
        count, dim = found.shape[1:]
        if not -count <= card.layer < count:
            self._refuse(f"layer {card.layer}: the weights have {count}, 0 being the embeddings'")
        if (card.dim or 0) > dim:
            self._refuse(f"dim {card.dim}: the weights have {dim}")
        return last(found[:, [card.layer], : card.dim])

    @property
    def precision(self) -> str:
        """In which numbers the weights are run."""
        return self._manner.precision

    def _refuse(self, what: str) -> None:
        raise ModelError(what, where=f"model {self._card.name}", todo="mend the card")

"""How weights are run as an encoder, besides what their own card says: in which numbers, and who sees whom.

The surrogate's never depends on the device: what it encodes is compared over years and machines (ADR 0007). Where its
card says nothing it is the plain one, float32 with attention as trained.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from taskatlas.predict.device import choose_device, fast_bfloat16
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.encoding import EncodingCard


@dataclass(frozen=True)
class Manner:
    """Settings by which an encoder is run. Features of different manners are never mixed.

    Attributes:
        precision: float32, or bfloat16 for weights and states; pooling is in float32 either way.
        attention: as_trained, or bidirectional, see `taskatlas.predict.bidirectional`.
        prepending: the last layer that takes part in token prepending, see `taskatlas.predict.prepending`.
        adapter: a PEFT adapter on the weights.

    """

    precision: str = "float32"
    attention: str = "as_trained"
    prepending: int | None = None
    adapter: Weights | None = None

    @property
    def content(self) -> list[object]:
        """What of it changes features, JSON-serialisable; nothing where it is plain."""
        plain = asdict(PLAIN)
        changed = {name: value for name, value in asdict(self).items() if value != plain[name]}
        if self.adapter is not None:
            changed["adapter"] = self.adapter.sha256 or self.adapter.revision
        return [changed] if changed else []


PLAIN = Manner()


def manner_of(card: EncodingCard, device: str) -> Manner:
    """Return how an encoder runs on a device, `precision: auto` resolved.

    Raises:
        ModelError: the device is not there.

    """
    precision: str = card.precision
    if precision == "auto":
        precision = "bfloat16" if fast_bfloat16(choose_device(device)) else "float32"
    return Manner(precision, card.attention, card.prepending, card.adapter)

"""Features of texts from the starter's surrogate, encoded once and kept in the folder for temporary files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from benchmarks.bank import Text
from taskatlas.embed.method import last_layer
from taskatlas.hashing import digest
from taskatlas.predict.encode import Encoder
from taskatlas.project.starter import STARTER
from taskatlas.schemas.encoding import SurrogateCard

Array = npt.NDArray[np.float32]
ROOT = Path(__file__).resolve().parents[1]


class Features:
    """Encodes with the starter's surrogate, whose weights are loaded at the first need."""

    def __init__(self) -> None:
        card = yaml.safe_load((STARTER / "surrogates" / "minilm.yaml").read_text(encoding="utf-8"))
        self.card = SurrogateCard(**card)
        self._encoder: Encoder | None = None
        self._cache = Path(tempfile.gettempdir()) / "taskatlas-benchmarks"
        self._seen: dict[Text, Array] = {}

    def of(self, texts: Sequence[Text]) -> Array:
        """Mean-pooled layers, float32 [n, L, d]."""
        missing = sorted({text for text in texts if text not in self._seen}, key=lambda text: (text[0], text[1] or ""))
        if missing:
            self._seen |= dict(zip(missing, self._load(missing), strict=True))
        return np.stack([self._seen[text] for text in texts])

    def phi(self, texts: Sequence[str]) -> Array:
        """The normalised last layer, float32 [n, d]."""
        return last_layer(self.of([(text, None) for text in texts]))

    def _load(self, texts: list[Text]) -> Array:
        path = self._cache / f"{digest(self.card.weights.sha256, self.card.weights.max_length, texts)}.npy"
        if not path.is_file():
            self._encoder = self._encoder or Encoder(self.card.weights, ROOT, "cpu")
            self._cache.mkdir(exist_ok=True)
            np.save(path, self._encoder.encode(texts))
        vectors: Array = np.load(path, allow_pickle=False)
        return vectors

"""Recorded answers: a file per dataset, to which a line is added for every few texts, so that what is there is kept.

The first line says what was asked: the model's id, the labels, the prompts' versions, the ids of the texts and the
right labels. Every other one holds a prompt's probabilities for some texts of a part, in the order of the labels. No
text is kept.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.smollm.asked import Asked
from taskatlas.errors import InputError
from taskatlas.predict.identity import model_id
from taskatlas.predict.render import prompt_version
from taskatlas.schemas.language import CausalModel
from taskatlas.schemas.prompts import PromptCard

FOLDER = Path(__file__).resolve().parent / "recordings"
PARTS = ("test", "corpus")
DIGITS = 4
Floats = npt.NDArray[np.float64]


class Piece(NamedTuple):
    """Some texts of a part, as one prompt is asked with them: those from `start` to `end`."""

    prompt: str
    part: str
    start: int
    end: int


class Recording:
    """The file of one dataset."""

    def __init__(self, name: str, header: dict[str, Any] | None = None, folder: Path = FOLDER) -> None:
        """Open it; with a header it is made where it is not there, and a line that was cut off is removed.

        Raises:
            InputError: it is not there, or holds answers to something else.
        """
        self._path = folder / f"{name}.jsonl"
        if header is not None:
            self._prepare(header)
        if not self._path.is_file():
            todo = f"python -m benchmarks.smollm.record {name}"
            raise InputError("is not recorded", where=f"{self._path.name}", todo=todo)
        first, *lines = self._path.read_text(encoding="utf-8").splitlines()
        self.header: dict[str, Any] = json.loads(first)
        self._probabilities: dict[tuple[str, str], Floats] = {}
        for line in lines:
            self._keep(json.loads(line))

    def _prepare(self, header: dict[str, Any]) -> None:
        if not self._path.is_file():
            self._path.parent.mkdir(exist_ok=True)
            self._path.write_text(json.dumps(header) + "\n", encoding="utf-8")
            return
        written = self._path.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        if whole != written:
            self._path.write_bytes(whole)
        if json.loads(whole.partition(b"\n")[0]) != header:
            todo = f"remove {self._path.name} to record it anew"
            raise InputError("holds answers of other prompts, texts or weights", where=self._path.name, todo=todo)

    def _keep(self, row: dict[str, Any]) -> None:
        texts, labels = len(self.header[row["part"]]), len(self.header["labels"])
        kept = self._probabilities.setdefault((row["prompt"], row["part"]), np.full((texts, labels), np.nan))
        rows = np.array(row["probabilities"])
        kept[row["start"] : row["start"] + len(rows)] = rows

    def has(self, piece: Piece) -> bool:
        """Whether a piece is answered."""
        kept = self._probabilities.get((piece.prompt, piece.part))
        return kept is not None and bool(np.isfinite(kept[piece.start : piece.end]).all())

    def add(self, pieces: dict[Piece, Floats]) -> None:
        """Add what was answered, at once and on the disk before it returns."""
        rows = [
            {"prompt": piece.prompt, "part": piece.part, "start": piece.start, "probabilities": _rounded(probabilities)}
            for piece, probabilities in pieces.items()
        ]
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
            stream.flush()
            os.fsync(stream.fileno())
        for row in rows:
            self._keep(row)

    def prompts(self) -> list[str]:
        """The prompts that have answered everything."""
        return [
            name
            for name in self.header["prompts"]
            if all(self.has(Piece(name, part, 0, len(self.header[part]))) for part in PARTS)
        ]

    @property
    def whole(self) -> bool:
        """Whether all prompts have."""
        return self.prompts() == list(self.header["prompts"])

    def probabilities(self, prompt: str, part: str) -> Floats:
        """What a prompt answered, [n, C]; rows sum to 1 but for rounding."""
        return self._probabilities[prompt, part]


def header(model: CausalModel, labels: list[str], prompts: list[PromptCard], asked: Asked) -> dict[str, Any]:
    """The first line of a file; all that the answers depend on, and the right labels."""
    return {
        "model": model_id(model),
        "labels": labels,
        "prompts": {prompt.name: prompt_version(prompt) for prompt in prompts},
        "corpus": [example.text_id for example in asked.corpus],
        "test": [example.text_id for example in asked.test],
        "gold": asked.gold,
    }


def _rounded(probabilities: Floats) -> list[list[float]]:
    rounded: list[list[float]] = np.asarray(probabilities, np.float64).round(DIGITS).tolist()
    return rounded

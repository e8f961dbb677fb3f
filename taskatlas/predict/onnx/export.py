"""From an encoder to a graph of ONNX, by transformers' exporter, in a process of its own.

The exporter changes functions of torch for as long as it works, and other threads may be computing with them. It needs
memory besides, which is free again when the process ends; and it may be killed at any time, as nothing is kept before
it is done. As everywhere, weights are read from safetensors, and no code of a folder is run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from taskatlas.errors import ModelError, printable
from taskatlas.predict.encode import Encoder
from taskatlas.predict.manner import Manner
from taskatlas.schemas.cards import Weights

LARGEST = 1_900_000_000
"""Bytes of weights: a message of protobuf, which a graph is, holds 2 GB."""
_PATIENCE = 1_800.0
_FEW = (("one two three four", None), ("one", None))
"""Texts to trace with: more than one, of unlike length, as a size of 1 would be taken for a constant."""


def graph_of(encoder: Encoder) -> bytes:
    """Return an encoder, pooling included, as a graph from the tokenizer's numbers to float32 [b, L, d].

    Raises:
        ModelError: it cannot be exported.
        InterruptedError: the process was ended before it was done.
    """
    if (size := sum(4 * each.numel() for each in encoder.model.parameters())) > LARGEST:
        raise ModelError(f"its weights take {size / 1e9:.1f} GB, and a graph of ONNX holds 2", where=encoder.where)
    asked = {
        "weights": encoder.weights.model_dump(mode="json"),
        "project": str(encoder.project.resolve()),
        "manner": asdict(encoder.manner),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "encoder.onnx"
        try:
            done = subprocess.run(  # noqa: S603 - this Python; -P: no module of the folder it is in
                [sys.executable, "-P", "-m", __name__, str(file)],
                input=json.dumps(asked).encode(),
                capture_output=True,
                check=False,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired as error:
            raise InterruptedError(f"its export took more than {_PATIENCE / 60:.0f} minutes") from error
        if done.returncode < 0:
            raise InterruptedError("its export was ended from outside")
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise ModelError(f"it cannot be exported ({printable(' '.join(last)[:200])})", where=encoder.where)
        return file.read_bytes()


def _write(encoder: Encoder, file: Path) -> None:
    """Export an encoder to a file. It is changed, and so is torch meanwhile."""
    import torch
    from onnxscript import ir
    from transformers.exporters.configs import OnnxConfig
    from transformers.exporters.exporter_onnx import OnnxExporter

    inputs = encoder.padded(encoder.tokenise(_FEW))
    free = dict.fromkeys((0, 1), torch.export.Dim.DYNAMIC)
    encoder.model.config.use_cache = False  # of decoders, whose states alone are wanted
    config = OnnxConfig(dynamic=True, dynamic_shapes=dict.fromkeys(inputs, free), ort_fusions="cpu")
    exporter = OnnxExporter()  # type: ignore[no-untyped-call]
    program, _ = exporter.export_program(_pooled(encoder), inputs, config)
    ir.save(program, str(file))


def _pooled(encoder: Encoder) -> Any:
    """Return a module whose only output are the pooled layers."""
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.after = encoder.model, encoder.after

        def forward(self, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
            states = self.encoder(**inputs, output_hidden_states=True).hidden_states
            return {"features": encoder.pooled(states, inputs["attention_mask"])}

    return Pooled().eval()


def main() -> None:
    """Export the encoder that stdin asks for to the file that the command line names."""
    asked = json.load(sys.stdin)
    encoder = Encoder(Weights(**asked["weights"]), Path(asked["project"]), "cpu", Manner(**asked["manner"]))
    _write(encoder, Path(sys.argv[1]))


if __name__ == "__main__":
    main()

"""An encoder's graph as onnxruntime runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from taskatlas import progress
from taskatlas.errors import ModelError, printable
from taskatlas.predict.encode import Floats

if TYPE_CHECKING:
    import torch

LONGEST = 1_024
"""Tokens. Attention over more is held whole here, heads times length times length, which torch does not do."""


class Session:
    """A graph in memory, ready to run on as many threads as torch has. Threads may share it."""

    def __init__(self, graph: bytes, where: str) -> None:
        """Read a graph.

        Args:
            graph: as `export.graph_of` gives it.
            where: what the message of an error names.

        Raises:
            ModelError: onnxruntime cannot read it.
        """
        import onnxruntime
        import torch

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # hardly two batches have one shape, so a plan of memory for each shape would grow for nothing
        options.enable_mem_pattern = False
        # its threads would wait busily for their next work, and take the cores from all others
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        self._where, self._failed = where, False
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no type in common
            raise ModelError(f"onnxruntime cannot read it ({_first_line(error)})", where=where) from error
        self._inputs = [each.name for each in self._session.get_inputs()]

    def __call__(self, inputs: Mapping[str, torch.Tensor]) -> Floats | None:
        """Return the pooled layers of a batch.

        Args:
            inputs: as `Encoder.padded` gives them.

        Returns:
            float32 [b, L, d]; None where a text is longer than `LONGEST`, or onnxruntime fails, which is told once: the
            caller has torch for it.
        """
        if self._failed or inputs["input_ids"].shape[1] > LONGEST:
            return None
        feed: dict[str, Any] = {name: inputs[name].numpy() for name in self._inputs}
        try:
            features: Floats = self._session.run(None, feed)[0]
        except Exception as error:  # as above; a lack of memory is one of them
            self._failed = True
            progress.note(f"{self._where}: onnxruntime fails, so torch goes on ({_first_line(error)})")
            return None
        return features


def _first_line(error: Exception) -> str:
    return printable((str(error).strip() or type(error).__name__).splitlines()[0][:200])

"""How alike vectors of the preset `fute` and of FUTE's released code are, on tiny checkpoints with random weights.

`python -m benchmarks.fute --checkout DIR --python FILE`: a checkout of xnyuwg/fute, and the interpreter of an
environment with torch, transformers==4.40.2, datasets==2.19.2 and evaluate. Nothing of the checkout is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.fute.cases import CASES, Prepared
from benchmarks.report import Section, write

DEFINITION = (
    "Cosine of the vector that our code makes and of the one that the released code makes, from the same start, over "
    "the same 200 random texts of one to nine words, with dropout off; ‖difference‖ / ‖vector‖; and the numbers of a "
    "vector. BERT and T5 have two layers of two heads. Vectors of a prefix are the tuned values themselves, and beside "
    "them their change from the start, as the start alone would make them alike. 40 texts are held out where training "
    "stops early."
)


def main() -> None:
    """Compare all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepared = [Prepared(case, Path(folder)) for case in CASES]
        listed = Path(folder) / "cases.json"
        listed.write_text(json.dumps([each.asked for each in prepared]), encoding="utf-8")
        script = Path(__file__).with_name("released.py").resolve()
        # the checkout's names may be as common as `core`, so its folder comes first
        environment = os.environ | {"PYTHONPATH": str(arguments.checkout.resolve()), "HF_HUB_OFFLINE": "1"}
        command = [str(arguments.python.absolute()), str(script), str(listed)]
        subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - our own command
        rows = [row for each in prepared for row in _rows(each)]
    columns = ("method", "surrogate", "learnt", "vector", "numbers", "cosine", "difference")
    summary = "The preset `fute` beside FUTE's released code (xnyuwg/fute, commit 5f45453)."
    figures = {"cases": [asdict(case) for case in CASES], "rows": rows}
    write("fute_agreement", summary, [Section("Agreement", DEFINITION, columns, rows)], figures)


def _rows(prepared: Prepared) -> list[tuple[str, ...]]:
    case = prepared.case
    theirs, ours = prepared.theirs(), prepared.ours()
    named = [("Fisher information" if case.method == "fisher" else "values", theirs, ours)]
    if case.method == "prefix":
        start = prepared.start_vector()
        named.append(("change", theirs - start, ours - start))
    return [
        (
            case.method, case.surrogate, case.learnt, of, f"{len(a):,}",
            f"{float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))):.6f}",
            f"{float(np.linalg.norm(a - b) / np.linalg.norm(a)):.1e}",
        )
        for of, a, b in named
    ]  # fmt: skip


if __name__ == "__main__":
    main()

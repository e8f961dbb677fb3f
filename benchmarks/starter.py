"""What a run costs: python -m benchmarks.starter

A first run of the starter project from nothing, then a run with nothing changed, each in a process of its own: wall
seconds, the seconds until Prefect's server had started, and the peak of the resident memory of all its processes
together (pages that they share count for each, so it is an upper bound). Import times are part of it, as people wait
for them, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import Section, write
from taskatlas.project.starter import write_starter

RUNS = 3
MEASURES = ("seconds", "server_seconds", "peak_mb")
SUMMARY = "The starter project: a first run from nothing, then a run with nothing changed. Goals: 90 s, 25 s, 2,000 MB."
DEFINITION = (
    "Wall seconds, the seconds until Prefect's server had started, and the peak of resident memory in MB, summed "
    "over the process and its children (the server among them). Device cpu. Median [smallest, largest] of the runs."
)


def _memory(process: psutil.Process) -> int:
    """Resident bytes of a process and its children now."""
    total = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def _run(folder: Path) -> dict[str, Any]:
    code = "from taskatlas.cli.app import main; main()"
    command = [sys.executable, "-c", code, "run", "--project", str(folder), "--device", "cpu", "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    began, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile() as out:
        child = psutil.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment)
        while child.poll() is None:
            peak = max(peak, _memory(child))
            time.sleep(0.1)
        seconds = time.perf_counter() - began
        out.seek(0)
        result = json.loads(out.read())
    server = result["server_seconds"]
    return {"created": result["created"], "seconds": seconds, "server_seconds": server, "peak_mb": peak / 1e6}


def main() -> None:
    """Run, and write benchmarks/results/starter.json and .md."""
    first, again = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "starter"
            write_starter(folder)
            first.append(_run(folder))
            again.append(_run(folder))
    assert all(run["created"] for run in first)
    assert not any(run["created"] for run in again)
    rows = [(name, *map(_shown, (runs,) * 3, MEASURES)) for name, runs in (("first", first), ("again", again))]
    section = Section("taskatlas run", DEFINITION, ("run", *MEASURES), rows)
    write("starter", SUMMARY, [section], {"first": first, "again": again})


def _shown(runs: list[dict[str, Any]], measure: str) -> str:
    values = sorted(run[measure] for run in runs)
    return f"{values[len(values) // 2]:.1f} [{values[0]:.1f}, {values[-1]:.1f}]"


if __name__ == "__main__":
    main()

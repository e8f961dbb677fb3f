"""What a run with nothing changed costs, and a publish after one changed card: python -m benchmarks.planning

Beside this code runs that of another commit (b0c35ba, the last one before the plan), installed from a worktree and
taken in turns with this one. Options: --baseline REVISION, --sizes 100x10,1000x50, --runs 3.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.planning.project import write_project
from benchmarks.report import Section, write

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SUMMARY = "An unchanged run and a publish after one changed card, against the code before there was a plan."
EMPTY = "from prefect import flow\n@flow\ndef empty(): return 1\nempty()\n"


@dataclass(frozen=True)
class Code:
    """One of the two codes: a Python that imports it, and its planning script."""

    name: str
    python: Path
    script: Path


def _ran(command: list[str], **named: Any) -> subprocess.CompletedProcess[str]:
    """A command that must go well, and what it printed."""
    return subprocess.run(command, check=True, capture_output=True, text=True, **named)  # noqa: S603


@contextmanager
def codes(baseline: str) -> Iterator[tuple[Code, Code]]:
    """Both codes, each installed in an environment of its own beside the packages that are here."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "baseline"
        git = ["git", "-C", str(ROOT), "worktree"]
        _ran([*git, "add", "--detach", "--force", str(tree), baseline])
        try:
            before = _installed(Path(scratch) / "before", tree)
            after = _installed(Path(scratch) / "after", ROOT)
            yield Code("before", before, HERE / "before.py"), Code("after", after, HERE / "after.py")
        finally:
            _ran([*git, "remove", "--force", str(tree)])


def _installed(folder: Path, tree: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    own = _ran(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
    ).stdout.strip()  # fmt: skip
    _ran([str(python), "-m", "pip", "install", "-q", "--no-deps", str(tree)])
    # behind its own packages, so that taskatlas is the one that was installed here
    (Path(own) / "beside.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def environment() -> dict[str, str]:
    """The environment of a person who runs taskatlas: without a server, and without this repository."""
    left_out = {"PREFECT_API_URL", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in left_out}


def planned(code: Code, folder: Path) -> dict[str, Any]:
    """What the planning of an unchanged run took, in a process of its own."""
    command = [str(code.python), "-P", str(code.script), str(folder)]
    done = _ran(command, cwd=folder, env=environment())
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def planning(both: tuple[Code, Code], sizes: list[tuple[int, int]], runs: int) -> list[dict[str, Any]]:
    """Planning at each size, in turns."""
    rows = []
    for subjects, datasets in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = write_project(Path(scratch) / "after", subjects, datasets)
            older = Path(shutil.copytree(folder, Path(scratch) / "before"))
            (older / "warehouse/parts/raw_forecasts").rename(older / "warehouse/parts/students")
            figures = [
                {code.name: planned(code, project) for code, project in zip(both, (older, folder), strict=True)}
                for _ in range(runs)
            ]
        rows.append({"subjects": subjects, "datasets": datasets, "runs": figures})
    return rows


def run(code: Code, folder: Path) -> dict[str, Any]:
    """`taskatlas run` of a project in a process of its own: its result, wall seconds, and the seconds of each stage."""
    main = "from taskatlas.cli.app import main" if code.name == "after" else "from taskatlas.cli import main"
    command = [str(code.python), "-P", "-c", f"{main}; main()", "run", "-p", str(folder), "--device", "cpu", "--json"]
    began = time.perf_counter()
    done = _ran(command, cwd=folder, env=environment())
    seconds = time.perf_counter() - began
    stages = {
        line.split()[0]: float(line.rsplit(" in ", 1)[1].removesuffix(" s"))
        for line in done.stderr.splitlines()
        if " in " in line and line.endswith(" s")
    }
    result = json.loads(done.stdout)
    return {**result, "seconds": seconds, "own": seconds - result["server_seconds"], "stages": stages}


def empty_flow(code: Code) -> float:
    """Wall seconds of a Prefect flow that does nothing, with a server of Prefect's own making."""
    with tempfile.TemporaryDirectory() as home:
        settings = {"PREFECT_HOME": home, "PREFECT_LOGGING_LEVEL": "CRITICAL", "DO_NOT_TRACK": "1",
                    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120"}  # fmt: skip
        command = [str(code.python), "-c", EMPTY]
        _ran(command, env=environment() | settings)  # makes its database
        began = time.perf_counter()
        _ran(command, env=environment() | settings)
        return time.perf_counter() - began


def starter(both: tuple[Code, Code], runs: int) -> dict[str, list[dict[str, Any]]]:
    """The starter: unchanged runs, and runs after the description of one card changed, in turns."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = {code.name: Path(scratch) / code.name for code in both}
        for code in both:
            _ran([str(code.python), "-P", "-c", _INIT, str(folders[code.name])], cwd=scratch)
            run(code, folders[code.name])
        figures: dict[str, list[dict[str, Any]]] = {"unchanged": [], "changed": [], "empty": []}
        for number in range(runs):
            figures["unchanged"].append({code.name: run(code, folders[code.name]) for code in both})
            figures["empty"].append({"after": {"seconds": empty_flow(both[1])}})
            for code in both:
                _describe(folders[code.name], f"Changed {number}.")
            figures["changed"].append({code.name: run(code, folders[code.name]) for code in both})
        assert not any(each[code.name]["created"] for each in figures["unchanged"] for code in both)
        assert all(each[code.name]["created"] for each in figures["changed"] for code in both)
        return figures


_INIT = """
import sys
from pathlib import Path
try:
    from taskatlas.project.starter import write_starter
except ImportError:
    from taskatlas.settings import write_starter
write_starter(Path(sys.argv[1]))
"""


def _describe(folder: Path, text: str) -> None:
    card = folder / "datasets" / "cafe_reviews.yaml"
    card.write_text(yaml.safe_dump(yaml.safe_load(card.read_text()) | {"description": text}, sort_keys=False))


def main() -> None:
    """Measure, and write benchmarks/results/planning.json and .md."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--baseline", default="b0c35ba")
    options.add_argument("--sizes", default="100x10,200x20,1000x50")
    options.add_argument("--runs", type=int, default=3)
    chosen = options.parse_args()
    sizes = [(int(size.partition("x")[0]), int(size.partition("x")[2])) for size in chosen.sizes.split(",")]
    with codes(chosen.baseline) as both:
        plans = planning(both, sizes, chosen.runs)
        runs = starter(both, chosen.runs)
    write("planning", SUMMARY, [_planning_section(plans), _starter_section(runs)], {"planning": plans, "starter": runs})


def _planning_section(plans: list[dict[str, Any]]) -> Section:
    rows = []
    for each in plans:
        before, after = ([run[name]["cpu"] for run in each["runs"]] for name in ("before", "after"))
        reading = [run["after"]["reading"] for run in each["runs"]]
        ratio = statistics.median(new / old for new, old in zip(after, before, strict=True))
        size = f"{each['subjects']:,} × {each['datasets']}"
        rows.append((size, _median(before), _median(after), _median(reading), f"{ratio:.2f}"))
    definition = (
        "CPU seconds of one unchanged run's planning (imports, Prefect and the commit aside) in a project of recorded "
        "subjects × datasets, made by the script; of these, reading the cards. Median [smallest, largest]; the ratio "
        "is the median over pairs."
    )
    return Section(
        "planning", definition, ("subjects × datasets", "before", "after", "reading", "after / before"), rows
    )


def _starter_section(runs: dict[str, list[dict[str, Any]]]) -> Section:
    def pair(of: str, measure: Any) -> tuple[list[float], list[float]]:
        return [measure(each["before"]) for each in runs[of]], [measure(each["after"]) for each in runs[of]]

    rows = []
    for name, of, measure in (
        ("unchanged run, Prefect's server aside", "unchanged", lambda each: each["own"]),
        ("unchanged run", "unchanged", lambda each: each["seconds"]),
        ("publish after one changed card", "changed", lambda each: each["stages"]["publish"]),
    ):
        before, after = pair(of, measure)
        ratio = statistics.median(new / old for new, old in zip(after, before, strict=True))
        rows.append((name, _median(before), _median(after), f"{ratio:.2f}"))
    empty = [each["after"]["seconds"] for each in runs["empty"]]
    unchanged = [each["after"]["seconds"] for each in runs["unchanged"]]
    ratio = statistics.median(new / old for new, old in zip(unchanged, empty, strict=True))
    rows.append(("unchanged run against an empty Prefect flow", _median(empty), _median(unchanged), f"{ratio:.2f}"))
    definition = "Wall seconds of the starter project, in turns. Median [smallest, largest]; ratios over pairs."
    return Section("the starter", definition, ("what", "before", "after", "after / before"), rows)


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"


if __name__ == "__main__":
    sys.exit(main())

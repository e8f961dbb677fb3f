"""python -m benchmarks.transfers [--work DIR] [--datasets N] [--targets N]: FUTE's first experiment on the taskbank.

A project of the datasets alone, `taskatlas transfer` from all of them to the targets, and what each way of ranking
sources reaches against it, as `taskatlas run` has it in the table benchmarks. TASKBANK names the folder of the data.
What was measured in DIR is found again, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

import taskatlas
from benchmarks.bank import folder
from benchmarks.report import Section, write

HERE = Path(__file__).parent / "taskbank"
METHODS = ("text", "crosscov", "student", "linearised", "bitfit", "prefix", "fisher")
PROGRAM = Path(sys.executable).with_name("taskatlas")
SETUP = {"learner": "lora", "seeds": 1, "target_epochs": 12}
"""Of n² trainings, which is what this takes: one draw of the labels each, learnt as often as an hour or two allow."""
KEPT = ("surrogates", "corpora", "datasets")
ONE_SUBJECT = "models/vader.yaml"
Row = Mapping[str, Any]
SUMMARY = (
    "Datasets of the taskbank, at most 400 train texts of each; surrogate all-MiniLM-L6-v2. The surrogate learns a "
    "source by LoRA, then 64 labels of the target, one draw of them, with a new head, and is scored on the target's "
    "test split; see docs/transfer.md. Labels of the target that ways see: its train split, for its own vector. "
    "Whatever was measured with the target is left out of what ranks its sources. Methods that train make their "
    "vectors by the preset fast."
)
NAMES = {"transfer": "All sources", "transfer_in_class": "Sources of the target's kind of task"}


def main() -> None:
    """Run, print and write results/transfers.*."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="Folder of the project; a temporary one where none is given.")
    parser.add_argument("--datasets", type=int, default=20, help="So many, in the order of their names.")
    parser.add_argument("--targets", type=int, help="Score so many of them; all where none is given.")
    chosen = parser.parse_args()
    bank = {"TASKBANK": str(folder())}
    with tempfile.TemporaryDirectory() as temporary:
        project = chosen.work or Path(temporary) / "project"
        if not project.exists():
            _write_project(project, chosen.datasets)
        names = sorted(card.stem for card in (project / "datasets").glob("*.yaml"))
        targets = names[: chosen.targets] if chosen.targets else []
        for command in (["run"], ["transfer", *targets], ["run"]):
            words = [PROGRAM, *command, "--project", str(project)]
            subprocess.run(words, check=True, env=os.environ | bank)  # noqa: S603 - its own program
        atlas = taskatlas.open(project)
        rows = atlas.sql("SELECT * FROM benchmarks WHERE benchmark LIKE 'transfer%'").to_pylist()
        pairs = atlas.sql("SELECT * FROM transfers").to_pylist()
        seconds = atlas.sql(
            "SELECT split_part(space, '/', 2) AS method, median(seconds) AS seconds FROM embeddings "
            "WHERE entity_kind = 'dataset' GROUP BY ALL"
        ).to_pylist()
    sections = [*_ranked(rows, {row["method"]: row["seconds"] for row in seconds}), _domains(pairs)]
    write("transfers", SUMMARY, sections, {"benchmarks": rows, "transfers": pairs, "seconds": seconds})


def _write_project(project: Path, count: int) -> None:
    """The taskbank's project with its first datasets and one subject, as a run wants one."""
    for kind in KEPT:
        shutil.copytree(HERE / kind, project / kind)
    subject = yaml.safe_load((HERE / ONE_SUBJECT).read_text(encoding="utf-8")) | {"families": []}
    (project / ONE_SUBJECT).parent.mkdir()
    (project / ONE_SUBJECT).write_text(yaml.safe_dump(subject, sort_keys=False), encoding="utf-8")
    for card in sorted((project / "datasets").glob("*.yaml"))[count:]:
        card.unlink()
    atlas = yaml.safe_load((HERE / "atlas.yaml").read_text(encoding="utf-8"))
    atlas |= {"methods": [*METHODS], "tuning": {"seed_check": 0}, "transfers": SETUP}
    (project / "atlas.yaml").write_text(yaml.safe_dump(atlas, sort_keys=False), encoding="utf-8")


def _ranked(rows: Sequence[Row], seconds: Mapping[str, float]) -> list[Section]:
    sections = []
    for benchmark, title in NAMES.items():
        own = [row for row in rows if row["benchmark"] == benchmark]
        by_way: dict[str, dict[str, Row]] = {}
        for row in own:
            by_way.setdefault(row["method"], {})[row["metric"]] = row
        if not by_way:
            continue
        lines = [_line(way, reached, seconds) for way, reached in sorted(by_way.items(), key=_by_ndcg)]
        columns = ("way", "NDCG", "less the best baseline", "Regret@1", "Regret@3", "seconds per dataset")
        n = max(row["n"] for row in own)
        about = f"{n} targets; in brackets 90% bootstrap intervals over targets. {own[0]['definition']}"
        sections.append(Section(title, about, columns, lines))
    return sections


def _by_ndcg(way: tuple[str, Mapping[str, Row]]) -> float:
    return -float(way[1]["ndcg"]["value"])


def _line(way: str, reached: Mapping[str, Row], seconds: Mapping[str, float]) -> tuple[str, ...]:
    taken = seconds.get(way.removeprefix("cosine "))
    lead = reached["ndcg"]
    against = (
        "–" if lead["lead"] is None else f"{lead['lead']:+.3f} [{lead['lead_low']:+.3f}, {lead['lead_high']:+.3f}]"
    )
    regrets = [_shown(reached[f"regret_{k}"]) if f"regret_{k}" in reached else "–" for k in (1, 3)]
    return (way, _shown(lead), against, *regrets, "–" if taken is None else f"{taken:.3g}")


def _shown(row: Row) -> str:
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def _domains(pairs: Sequence[Row]) -> Section:
    """What sources of the target's family, of its domain, and others gain."""
    cards = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (HERE / "datasets").glob("*.yaml")}
    groups: dict[str, list[Row]] = {"the target's family": [], "another family, the target's domain": [], "others": []}
    for row in pairs:
        source, target = cards[row["source"]], cards[row["target"]]
        other = "another family, the target's domain" if source["domain"] == target["domain"] else "others"
        groups["the target's family" if source["family"] == target["family"] else other].append(row)
    lines = [
        (
            name,
            str(len(rows)),
            f"{fmean(row['gain'] for row in rows):+.3f}",
            f"{sum(row['low'] > 0 for row in rows)}",
            f"{sum(row['high'] < 0 for row in rows)}",
        )
        for name, rows in groups.items()
        if rows
    ]
    columns = ("source of", "pairs", "mean gain", "gain by more than their interval", "lose by more")
    return Section(
        "What sources gain", "Score after the source less the score without it, on 64 labels.", columns, lines
    )


if __name__ == "__main__":
    main()

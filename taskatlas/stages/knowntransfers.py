"""Known transfers as evidence on the project's datasets: what they gained after another one, where somebody else
measured it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from statistics import fmean

from taskatlas.plan.project import Project
from taskatlas.recommend.rows import ReportedGain

Gains = dict[str, dict[str, float]]
"""Target → source → gain."""


def known_gains(project: Project, keys: Iterable[str], datasets: Collection[str]) -> dict[str, Gains]:
    """Return the known gains between some datasets, by card and setup.

    Only names that are written alike are one dataset.

    Args:
        project: the project.
        keys: of the parts known_transfers.
        datasets: their names.
    """
    found: dict[str, Gains] = {}
    for key in keys:
        for row in project.parts.read("known_transfers", key).to_pylist():
            if row["target"] in datasets and row["source"] in datasets:
                gains = found.setdefault(f"{row['card']}: {row['setup']}", {})
                gains.setdefault(row["target"], {})[row["source"]] = row["gain"]
    return found


def reported_gains(project: Project, keys: Iterable[str]) -> dict[str, dict[str, ReportedGain]]:
    """Return what is known from elsewhere of each of the project's datasets as a target, by source.

    Gains of different setups differ in unit and size, so sources are ordered by the mean over setups of the share of
    the other sources there that gained less.

    Args:
        project: the project.
        keys: of the parts known_transfers.
    """
    shares: dict[tuple[str, str], list[float]] = {}
    better: dict[tuple[str, str], list[bool]] = {}
    for of_setup in known_gains(project, keys, project.registry.datasets).values():
        for target, gains in of_setup.items():
            for source, gain in gains.items():
                others = [other for name, other in gains.items() if name != source]
                beaten = [(other < gain) + (other == gain) / 2 for other in others]
                shares.setdefault((target, source), []).append(fmean(beaten) if beaten else 0.5)
                better.setdefault((target, source), []).append(gain > 0)
    found: dict[str, dict[str, ReportedGain]] = {}
    for (target, source), each in shares.items():
        gained = better[target, source]
        found.setdefault(target, {})[source] = ReportedGain(fmean(each), sum(gained), len(gained))
    return found

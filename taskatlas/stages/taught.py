"""Taught: which subjects have seen labels of a dataset."""

from __future__ import annotations

from taskatlas.plan.project import Project


def taught_by(project: Project) -> dict[str, set[str]]:
    """Return the subjects that have seen labels of a dataset, by dataset: models that runs fit on it, and prompts
    that show examples."""
    found: dict[str, set[str]] = {}
    for name, subject in project.subjects.items():
        shown = subject.prompt.demonstrations if subject.prompt else None
        seen = {shown.dataset} if shown and shown.dataset else set()
        if subject.model.fit:
            seen.add(subject.model.fit.dataset)
        for dataset in seen:
            found.setdefault(dataset, set()).add(name)
    return found

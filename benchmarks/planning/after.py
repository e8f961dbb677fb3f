"""One unchanged run's planning, in this process: CPU seconds, without imports. Arguments: the project's folder."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project


def main() -> None:
    """Plan as the atlas flow does, and print what it took as JSON."""
    began = time.process_time()
    project = Project(Path(sys.argv[1]))
    cards = len(project.registry.models) + len(project.registry.datasets)
    read = time.process_time()
    plan = Plan(project)
    assert not project.parts.set_broken_aside(plan.state.written_at("publish"))
    assert plan.recall_text_sets()
    assert plan.is_answered()
    plan.request_methods(None)
    assert plan.recall_vectors()
    assert plan.is_benchmarked()
    plan.require_vectors()
    assert plan.release_id
    ended = time.process_time()
    print(json.dumps({"cards": cards, "reading": read - began, "planning": ended - read, "cpu": ended - began}))


if __name__ == "__main__":
    main()

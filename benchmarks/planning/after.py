"""One unchanged run's planning, in this process: CPU seconds, without imports. Arguments: the project's folder."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.sources import examples_key
from taskatlas.stages.cardtables import card_tables
from taskatlas.stages.costs import cost_rows
from taskatlas.stages.ingest import text_set_of
from taskatlas.stages.publish import release_id


def main() -> None:
    """Plan as the flows do, and print what it took as JSON."""
    began = time.process_time()
    project = Project(Path(sys.argv[1]))
    cards = len(project.registry.models) + len(project.registry.datasets)
    read = time.process_time()
    plan = Plan(project)
    text_sets = []
    for source in plan.sources:
        key = examples_key(project, source, text_sets if source.kind == "corpus" else [])
        text_sets.append(text_set_of(project, source, key))
    plan.take_text_sets(text_sets)
    missing = sum(len(work.answer_sets) for work in plan.model_works())
    plan.request_methods(None)
    plan.require_answers()
    missing += sum(len(plan.space_work(method).vectors) for method in plan.methods)
    plan.keep_methods()
    assert plan.neighbors
    plan.require_vectors()
    assert plan.is_benchmarked()
    plan.require_vectors()
    release_id(plan, {**card_tables(plan), "costs": cost_rows(plan)})
    ended = time.process_time()
    assert missing == 0, missing
    print(json.dumps({"cards": cards, "reading": read - began, "planning": ended - read, "cpu": ended - began}))


if __name__ == "__main__":
    main()

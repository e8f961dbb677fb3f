"""What the flows do, without Prefect: the stages of a project one after another, and all its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taskatlas.plan.ingestion import is_checked
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages import added, bases, benchmark, embed, ingest, predict, validate
from taskatlas.stages.neighbors import write_neighbors
from taskatlas.stages.releases import published_bases

METHODS = ("text", "crosscov", "student")


def ingested(folder: Path) -> Plan:
    """The project after the ingest stage."""
    plan = Plan(Project(folder))
    ingest_missing(plan)
    return plan


def ingest_missing(plan: Plan) -> None:
    """What the ingest flow does, without Prefect."""
    project = plan.project
    for kind, name, key in plan.known:
        if not project.parts.has(kind, key):
            ingest.read_known(project, kind, name, key)
    for source in plan.sources:
        if not project.parts.has("rows", source.rows):
            ingest.read(project, source)
        if not is_checked(project.parts, source):
            validate.check(project, source)
        key = plan.ingestion.examples_key(source)
        if not project.parts.has("examples", key):
            ingest.select(project, source, key, plan.ingestion.tests_beside(source))
    plan.take_text_sets()


def answered(folder: Path) -> Plan:
    """The project after the predict stage."""
    plan = ingested(folder)
    answer_missing(plan)
    return plan


def answer_missing(plan: Plan) -> dict[str, dict[str, Any]]:
    """What the predict stage says of each model that owed something."""
    works = [work for work in plan.model_works() if work.answer_sets]
    outcomes = {work.model: predict.answer(plan.project, work, "cpu") for work in works}
    plan.look_again()
    return outcomes


def embedded(folder: Path, *methods: str) -> Plan:
    """The project after the embed stage; its own methods where none are given."""
    plan = answered(folder)
    embed_missing(plan, *methods)
    return plan


def embed_missing(plan: Plan, *methods: str) -> dict[str, dict[str, Any]]:
    """What the embed stage says of each method."""
    outcomes = {}
    for method in plan.request_methods(methods):
        if not plan.is_pinned(method):
            published = published_bases(plan, method)
            bases.pin(plan.project, plan.spaces[method], plan.corpus, "cpu", published)
        outcomes[method] = embed.embed_space(plan.project, plan.space_work(method), "cpu")
    plan.look_again()
    plan.keep_methods()
    write_neighbors(plan)
    return outcomes


def benchmarked(folder: Path, *methods: str) -> Plan:
    """The project after the benchmark stage; its own methods where none are given."""
    plan = embedded(folder, *methods)
    benchmark_missing(plan)
    return plan


def benchmark_missing(plan: Plan) -> None:
    """What the benchmark flow does, without Prefect."""
    if not plan.is_measured():
        benchmark.measure(plan.project, plan.benchmark_work)
        plan.look_again()
    for work in plan.added_works:
        if not plan.is_stored(work):
            added.make(plan.project, work)
            plan.look_again()


def run_missing(plan: Plan) -> None:
    """What all flows but the last do, with one plan for all of them."""
    ingest_missing(plan)
    answer_missing(plan)
    embed_missing(plan)
    if not plan.is_benchmarked():
        benchmark_missing(plan)


def keys(plan: Plan) -> dict[str, str]:
    """Every key of a finished project, by what it is the key of."""
    found = {"forecasts": plan.benchmark_work.forecasts, "benchmark": plan.benchmark_work.key}
    for each in plan.text_sets:
        steps = {"rows": each.rows, "quality": each.quality, "examples": each.examples, "id": each.content_id}
        found |= {f"{step} {each.name}": key for step, key in steps.items()}
    for answers in plan.all_answer_sets:
        found[f"answers {answers.subject} {answers.text_set[1]}"] = answers.key
        found |= {f"scores {answers.subject} {answers.text_set[1]}": answers.scores} if answers.scores else {}
    for method in METHODS:
        for vector in plan.space_plan(method).vectors:
            found[f"{method} {vector.entity}"] = vector.key
            found |= {f"raw_forecasts {vector.entity}": vector.raw_forecasts} if vector.raw_forecasts else {}
    assert list(plan.neighbors) == list(METHODS)
    return found | {f"neighbors {method}": key for method, key in plan.neighbors.items()}

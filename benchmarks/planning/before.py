"""As `after`, written for the code of commit b0c35ba, under which it is run: the same calls that its flows made."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from taskatlas.stages.context import Context
from taskatlas.stages.owed import plan
from taskatlas.stages.spaces import wanted_methods

from taskatlas.hashing import digest
from taskatlas.stages import benchmark, ingest, maps, predict, publish, ready, validate, vectors

CALLS: Counter[str] = Counter()


def counted(module: Any, name: str) -> None:
    """Count the calls of a function wherever the stages have taken it from its module."""
    function: Callable[..., Any] = getattr(module, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        CALLS[name] += 1
        return function(*given, **named)

    for each in list(sys.modules.values()):
        if getattr(each, "__name__", "").startswith("taskatlas") and getattr(each, name, None) is function:
            setattr(each, name, wrapped)


def main() -> None:
    """Plan as the flows did, and print what it took as JSON."""
    counted(predict, "units")
    began = time.process_time()
    context = Context(Path(sys.argv[1]))
    cards = len(context.registry.models) + len(context.registry.datasets)
    read = time.process_time()
    text_sets = context.origins()
    for text_set in text_sets:
        rows = ingest.rows_key(context, text_set.kind, text_set.name)
        quality = validate.check_key(context, text_set.kind, text_set.name, rows)
        tests = text_sets[:-1] if text_set.kind == "corpus" else []
        ingest.examples_key(context, text_set.kind, text_set.name, quality, tests)
        context.parts.manifest("examples", text_set.examples)
    for model in context.registry.models:
        answer_sets = predict.units(context, model)
        assert not predict.missing(context, answer_sets)
        predict.key_of(answer_sets)
        predict.missing(context, predict.units(context, model))  # the task looks again
    ready.require_answers(context)
    for method in wanted_methods(context):
        space_plan = plan(context, method)
        assert not space_plan.missing
        assert space_plan.key
        plan(context, method)
    vectors.finish(context, wanted_methods(context))
    ready.require_vectors(context)
    assert benchmark.is_measured(context, benchmark.benchmark_key(context))
    ready.require_vectors(context)
    keys, rows = publish._keys(context), publish._told(context)
    digest("release", keys, maps.map_ids(context), vectors.spread_keys(context), sorted(rows))
    publish._counts(context, keys)
    ended = time.process_time()
    calls = {"units": CALLS["units"]}
    print(
        json.dumps({"cards": cards, "reading": read - began, "planning": ended - read, "cpu": ended - began, **calls})
    )


if __name__ == "__main__":
    main()

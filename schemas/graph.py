"""The graph of stored work: every kind of part once, with what it is made from, by which stage and under which key.

A part is finished work under the content hash of all that it depends on. `GRAPH` declares the kinds; plans, stages,
`taskatlas status`, `taskatlas invalidate`, releases and the table in docs/dataflow.md derive from it. To add a stage,
add an entry here whose `function` names what makes its part; to have a kind made anew everywhere, raise its version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from taskatlas.hashing import digest
from taskatlas.schemas.parts import (
    COMPLETED_SCORES,
    FORECAST_FLAGS,
    MEASURED_TRANSFERS,
    RAW_FORECASTS,
    SEED_CHECKS,
    TOKENS,
)
from taskatlas.schemas.tables import TABLES

STAGES = ("ingest", "predict", "embed", "benchmark", "publish")
"""The stages of a run, in their order."""


@dataclass(frozen=True)
class PartKind:
    """A kind of stored work.

    Attributes:
        name: its folder below `warehouse/parts/`; rows of a published table are called as the table is.
        stage: the stage that makes it.
        inputs: what it is made from: other kinds, or what comes from outside.
        holds: what one part holds, in words.
        version: of the work; a higher one makes all parts of the kind anew. 0 is hashed into no key.
        hashed_as: the first word of what its keys hash. It never changes, whatever the kind is called.
        schema: columns of its rows; None where they differ or there are arrays.
        keyed_by: the kind whose key it shares, as both come from one piece of work.
        formerly: the name of its folder in older projects, if another.
        pinned: whether it is made once and kept for good.
        paid: whether making it anew may cost money.
        in_releases: whether it lies in the releases themselves, and not below `warehouse/parts/`.
        function: `module:function` of a stage that is no more than this entry: one part, made from all parts of its
            inputs once the benchmark stage is done. The function takes a `taskatlas.plan.project.Project` and the keys
            of the inputs by kind, and returns the rows. Where a published table is called as the kind is, it holds
            them.
    """

    name: str
    stage: str
    inputs: tuple[str, ...]
    holds: str
    version: int = 1
    hashed_as: str = ""
    schema: pa.Schema | None = None
    keyed_by: str = ""
    formerly: str = ""
    pinned: bool = False
    paid: bool = False
    in_releases: bool = False
    function: str = ""

    def key(self, *content: object, first: str = "") -> str:
        """Return the key of the part that is made from JSON-serialisable `content`: 20 hexadecimal characters.

        Args:
            content: all that the part depends on.
            first: the first word that is hashed, where it is not `hashed_as`.
        """
        version = (self.version,) if self.version else ()
        return digest(first or self.hashed_as or self.name, *version, *content)


def _schema(table: str) -> pa.Schema:
    return TABLES[table].schema


GRAPH: Mapping[str, PartKind] = {
    kind.name: kind
    for kind in (
        PartKind("rows", "ingest", ("sources", "cards"), "the rows of a source, cleaned", version=2),
        PartKind("good", "ingest", ("rows", "cards"), "the rows that meet their expectations", hashed_as="check"),
        PartKind(
            "quarantine", "ingest", ("rows", "cards"), "the bad rows", keyed_by="good", schema=_schema("quarantine")
        ),
        PartKind(
            "quality", "ingest", ("rows", "cards"), "what each expectation found",
            keyed_by="good", schema=_schema("quality"),
        ),
        PartKind(
            "examples", "ingest", ("good", "cards"), "a text set: the examples of a dataset, or the corpus",
            version=2, schema=_schema("examples"),
        ),
        PartKind(
            "known_scores", "ingest", ("sources", "cards"), "the scores of a card that somebody else measured",
            schema=_schema("known_scores"),
        ),
        PartKind(
            "known_transfers", "ingest", ("sources", "cards"), "the transfers of a card that somebody else measured",
            schema=_schema("known_transfers"),
        ),
        PartKind(
            "exports", "predict", ("weights",), "an encoder as a graph for onnxruntime, and how it was held to torch"
        ),
        PartKind("features", "predict", ("examples", "weights"), "texts as an encoder reads them", version=0),
        PartKind("probes", "predict", ("examples", "features", "cards"), "a fitted probe", version=0),
        PartKind("factors", "predict", ("examples", "weights", "cards"), "the factors of a merge, found by labels"),
        PartKind("answered", "predict", ("examples", "servers"), "what a server answered, a line each", paid=True),
        PartKind(
            "predictions", "predict", ("examples", "features", "probes", "factors", "answered", "cards"),
            "an answer set: a subject's answers to a text set", schema=_schema("predictions"),
        ),
        PartKind(
            "tried", "predict", ("examples", "predictions", "features", "cards"),
            "a subject's answers to some of a test split, a batch of `taskatlas try`",
            schema=_schema("predictions"), paid=True,
        ),
        PartKind(
            "scores", "predict", ("predictions", "examples", "features", "cards"), "what an answer set is worth",
            schema=_schema("scores"),
        ),
        PartKind(
            "bases", "embed", ("examples", "features", "cards"),
            "the axes in which a space's vectors are written, or the values that training starts from",
            version=0, hashed_as="space", pinned=True,
        ),
        PartKind(
            "embeddings", "embed", ("examples", "predictions", "features", "bases"),
            "the vector of a dataset or a subject", hashed_as="embedding", schema=_schema("embeddings"),
        ),
        PartKind(
            "flags", "embed", ("examples", "predictions", "features", "bases"), "why there is no vector",
            keyed_by="embeddings",
        ),
        PartKind(
            "raw_forecasts", "embed", ("examples", "predictions", "features"),
            "the scores that a subject's student expects, before they are calibrated",
            hashed_as="students", formerly="students", schema=RAW_FORECASTS,
        ),
        PartKind(
            "seed_checks", "embed", ("examples", "predictions", "bases"), "whether a space tells subjects from seeds",
            hashed_as="spread", formerly="spread", schema=SEED_CHECKS,
        ),
        PartKind(
            "learnt", "embed", ("examples", "weights", "cards"),
            "what `taskatlas transfer` has tuned of the surrogate on a dataset",
        ),
        PartKind(
            "measured_transfers", "embed", ("examples", "learnt", "cards"),
            "what a dataset is worth as a source for another one, measured by `taskatlas transfer`",
            schema=MEASURED_TRANSFERS,
        ),
        PartKind("neighbors", "embed", ("embeddings",), "what is near in a space", schema=_schema("neighbors")),
        PartKind(
            "forecasts", "benchmark", ("raw_forecasts", "scores", "predictions", "examples", "features", "cards"),
            "forecasts, corrected and calibrated", version=3, schema=_schema("forecasts"),
        ),
        PartKind(
            "forecast_flags", "benchmark", ("raw_forecasts", "scores", "predictions", "examples", "features", "cards"),
            "why there is no forecast", keyed_by="forecasts", schema=FORECAST_FLAGS,
        ),
        PartKind(
            "benchmarks", "benchmark",
            (
                "embeddings", "forecasts", "scores", "predictions", "examples", "features", "bases",
                "measured_transfers", "known_transfers", "cards",
            ),
            "how well each way of answering a question did", version=4, schema=_schema("benchmarks"),
        ),
        PartKind(
            "transfers", "benchmark", ("measured_transfers",), "the transfers that were measured, with their gains",
            schema=_schema("transfers"), function="taskatlas.stages.transfers:transfers",
        ),
        PartKind(
            "tokens", "benchmark", ("examples", "features"),
            "how the surrogate's tokenizer cuts the words of text sets", schema=TOKENS,
            function="taskatlas.stages.tokens:tokens",
        ),
        PartKind(
            "completed_scores", "benchmark", ("known_scores",),
            "what known scores on other datasets lead one to expect", schema=COMPLETED_SCORES,
            function="taskatlas.stages.completed:completed_scores",
        ),
        PartKind(
            "regions", "benchmark", ("embeddings", "cards"), "which entities lie together in a space",
            schema=_schema("regions"), function="taskatlas.stages.regions:regions",
        ),
        PartKind(
            "described", "benchmark", ("features", "bases", "cards"),
            "what a description says of a dataset without a text", schema=_schema("described"),
            function="taskatlas.stages.described:described",
        ),
        PartKind(
            "recommendations", "benchmark",
            (
                "examples", "predictions", "features", "tried", "scores", "known_scores", "completed_scores",
                "measured_transfers", "known_transfers", "forecasts", "described", "cards",
            ),
            "what to use on each dataset, by all that is known", version=3, schema=_schema("recommendations"),
            function="taskatlas.stages.recommendations:recommendations",
        ),
        PartKind("table_contents", "publish", ("tables",), "the content hash of a table, to be known without its rows"),
        PartKind("table_checks", "publish", ("tables",), "what the expectations of a table found"),
        PartKind("maps", "publish", ("embeddings", "releases"), "the picture of a space", in_releases=True),
        PartKind("releases", "publish", ("tables",), "all tables", version=2, hashed_as="release", in_releases=True),
    )
}  # fmt: skip
"""Every kind of stored work by name, in the order in which a run makes it."""
OUTSIDE = ("sources", "cards", "weights", "servers", "tables")
"""What parts are made from that is no part itself."""


def sharing_key(name: str) -> tuple[str, ...]:
    """Return the kinds whose parts lie under one key with those of a kind, itself the first."""
    return (name, *(kind.name for kind in GRAPH.values() if kind.keyed_by == name))


def added_stages() -> list[PartKind]:
    """Return the kinds of work whose stage is no more than an entry of the graph."""
    return [kind for kind in GRAPH.values() if kind.function]


def markdown() -> str:
    """Return the table of docs/dataflow.md."""
    return "\n".join([*_lines(), ""])


def _lines() -> Iterator[str]:
    yield "| stage | part | holds | made from |"
    yield "| --- | --- | --- | --- |"
    for kind in GRAPH.values():
        marks = ((", pinned", kind.pinned), (", paid for", kind.paid), (", in releases", kind.in_releases))
        notes = "".join(note for note, holds in marks if holds)
        yield f"| {kind.stage} | `{kind.name}`{notes} | {kind.holds} | {', '.join(kind.inputs)} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())

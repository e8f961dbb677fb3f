"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    "taskatlas.cards.labels",
    "taskatlas.cards.names",
    "taskatlas.cli.show",
    "taskatlas.embed.measure",
    "taskatlas.embed.method",
    "taskatlas.embed.outputs",
    "taskatlas.embed.student",
    "taskatlas.errors",
    "taskatlas.hashing",
    "taskatlas.importers.advice",
    "taskatlas.importers.columns",
    "taskatlas.importers.draft",
    "taskatlas.importers.spelt",
    "taskatlas.importers.syntax",
    "taskatlas.ingest.cells",
    "taskatlas.ingest.clean",
    "taskatlas.ingest.duplicates",
    "taskatlas.ingest.formats",
    "taskatlas.ingest.known",
    "taskatlas.ingest.metrics",
    "taskatlas.predict.numbers",
    "taskatlas.predict.packs",
    "taskatlas.predict.reading",
    "taskatlas.predict.remote.questions",
]
"""Modules whose docstrings have examples, one a line, sorted."""


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str):
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted
    assert not results.failed

"""The starter project cut down until a real run takes seconds."""

from __future__ import annotations

from pathlib import Path

import yaml

from taskatlas.project.starter import write_starter
from tests.support.cards import change_card


def write_small_project(folder: Path) -> Path:
    """The starter project cut to four datasets, eight subjects and 200 corpus texts: a real run in seconds."""
    write_starter(folder)
    _keep(
        folder,
        datasets={"cafe_reviews", "gadget_reviews", "scene_pairs", "ticket_urgency"},
        prompts={"verdict-bad-good", "review-negative-positive", "stars-one-five", "again-never-always"},
        models={"minilm", "vader", "probe-cafe-reviews", "probe-ticket-urgency", "bayes-recorded"},
    )
    _limit_corpus(folder, 100)
    return folder


def write_tiny_project(folder: Path) -> Path:
    """The starter project cut to two datasets, three subjects and 40 corpus texts: everything anew in some seconds."""
    write_starter(folder)
    _keep(
        folder,
        datasets={"cafe_reviews", "gadget_reviews"},
        prompts={"verdict-bad-good", "stars-one-five"},
        models={"minilm", "vader"},
    )
    _limit_corpus(folder, 20)
    change_card(folder / "atlas.yaml", train_limit=40, test_limit=30)
    return folder


def _keep(folder: Path, **names: set[str]) -> None:
    """Remove all cards of these kinds but those named."""
    for kind, kept in names.items():
        for card in (folder / kind).glob("*.yaml"):
            if card.stem not in kept:
                card.unlink()


def _limit_corpus(folder: Path, limit: int) -> None:
    """Let each source of the corpus give at most so many texts."""
    corpus = folder / "corpora" / "everyday.yaml"
    sources = yaml.safe_load(corpus.read_text(encoding="utf-8"))["sources"]
    change_card(corpus, sources=[{**source, "limit": limit} for source in sources])

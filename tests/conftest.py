"""What many tests share: a small real project, a real Prefect server, and a project that was published once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
TASKBANK = Path(os.environ.get("TASKBANK", ROOT.parent / "shared" / "taskbank"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Prefect reads its settings when it is imported, so they are set before any test module is.
_HOME = Path(tempfile.mkdtemp(prefix="taskatlas-prefect-"))
os.environ.update(
    {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(_HOME),
        "PREFECT_API_URL": f"http://127.0.0.1:{_free_port()}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "TASKATLAS_HOME": str(_HOME / "taskatlas"),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "120",
    }
)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """A real Prefect server on loopback, which all runs of the session share; its address is in PREFECT_API_URL."""
    url = os.environ["PREFECT_API_URL"]
    port = url.rsplit(":", 1)[1].removesuffix("/api")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    with (_HOME / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(f"{url}/health", server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(_HOME, ignore_errors=True)


def _wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, (_HOME / "server.log").read_text()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the Prefect server did not start")


def write_small_project(folder: Path) -> Path:
    """The starter project cut to four datasets, eight subjects and 200 corpus texts: a real run in seconds."""
    from taskatlas.project.starter import write_starter

    write_starter(folder)
    keep = {
        "datasets": {"cafe_reviews", "gadget_reviews", "scene_pairs", "ticket_urgency"},
        "prompts": {"verdict-bad-good", "review-negative-positive", "stars-one-five", "again-never-always"},
        "models": {"minilm", "vader", "probe-cafe-reviews", "probe-ticket-urgency", "bayes-recorded"},
    }
    for kind, names in keep.items():
        for card in (folder / kind).glob("*.yaml"):
            if card.stem not in names:
                card.unlink()
    corpus = folder / "corpora" / "everyday.yaml"
    change_card(corpus, sources=[{**source, "limit": 100} for source in yaml.safe_load(corpus.read_text())["sources"]])
    return folder


def change_card(path: Path, **fields: object) -> None:
    """Set fields of a card; None takes a field away."""
    card = yaml.safe_load(path.read_text(encoding="utf-8")) | fields
    kept = {name: value for name, value in card.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A small project of its own for a test that changes it; nothing has run in it."""
    return write_small_project(tmp_path / "project")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Path:
    """A small project with release v1, for tests that only read."""
    from taskatlas.flows.atlas import atlas

    folder = write_small_project(tmp_path_factory.mktemp("published") / "project")
    result = atlas(project=str(folder), device="cpu")
    assert result["release"] == "v1"
    return folder

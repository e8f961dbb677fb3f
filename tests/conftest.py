"""What many tests share: a small real project, a real Prefect server, and a project that was published once."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

# Asserts of what tests share tell as much as those of tests, where this is said before the first import.
pytest.register_assert_rewrite("tests.support")

from tests.support.servers import free_port, running_server  # noqa: E402

# Prefect reads its settings when it is imported, so they are set before any test module is.
_HOME = Path(tempfile.mkdtemp(prefix="taskatlas-prefect-"))
os.environ.update(
    {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(_HOME),
        "PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "TASKATLAS_HOME": str(_HOME / "taskatlas"),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "120",
    }
)
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores: threads that wait for each other there take the time of tests that could run.
    os.environ["OMP_NUM_THREADS"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    """Let workers of pytest-xdist take files in the order of the collection, instead of those of most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files of few tests first: these take long each, and the last ones are short, so that workers end together."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: tests[item.path])


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """A real Prefect server on loopback, which all runs of the worker share; its address is in PREFECT_API_URL."""
    from tests.support.prefect_runs import no_heartbeats

    url = os.environ["PREFECT_API_URL"]
    port = url.rsplit(":", 1)[1].removesuffix("/api")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    with running_server(command, f"{url}/health", _HOME / "server.log"), no_heartbeats():
        yield url
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A small project of its own for a test that changes it; nothing has run in it."""
    from tests.support.starter import write_small_project

    return write_small_project(tmp_path / "project")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Path:
    """A small project with release v1, for tests that only read; the worker's copy of what one of them published."""
    from taskatlas.flows.atlas import atlas
    from tests.support.once import made_once
    from tests.support.projects import copied
    from tests.support.starter import write_small_project

    def publish(folder: Path) -> None:
        assert atlas(project=str(write_small_project(folder)), device="cpu")["release"] == "v1"

    return copied(made_once(tmp_path_factory, "published", publish), tmp_path_factory.mktemp("published") / "project")

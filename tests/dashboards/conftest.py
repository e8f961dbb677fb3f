"""A project with two made-up releases, and pages of it drawn by Streamlit itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from taskatlas import dashboards
from tests.support.once import made_once
from tests.support.releases import publish, tables
from tests.support.tables import empty

APP = Path(dashboards.__file__).with_name("app.py")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the releases v1 and v2, for tests that only read."""

    def make(folder: Path) -> None:
        publish(folder, tables(seed=1), "first")
        publish(folder, tables(seed=2), "second")

    return made_once(tmp_path_factory, "made up", make)


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one release without a row, for tests that only read."""
    return made_once(tmp_path_factory, "empty", lambda folder: publish(folder, empty(), "nothing"))


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Draws a page of a project, as a visitor would see it who comes by a link with these query parameters."""
    st.cache_resource.clear()
    # Streamlit puts the app in the place of the process's main module, which processes that start anew would then run.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])

    def page(name: str, folder: Path, **link: str) -> AppTest:
        monkeypatch.setenv("TASKATLAS_PROJECT", str(folder))
        app = AppTest.from_file(APP, default_timeout=60)
        if "release" in link:  # the sidebar reads it at once
            app.query_params["release"] = link["release"]
        app.run()
        for key, value in link.items():
            app.query_params[key] = value
        return app.switch_page(f"app_pages/{name}.py").run()

    yield page
    st.cache_resource.clear()

"""The dashboard and the report need their extra and not `run`; what needs that says so on its page."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.environments import Environment, made

PAGES = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from taskatlas import dashboards

app = AppTest.from_file(Path(dashboards.__file__).with_name("app.py"), default_timeout=120).run()
pages = sorted(path.stem for path in Path(dashboards.__file__).parent.glob("app_pages/[a-z]*.py"))
for page in pages:
    app.switch_page(f"app_pages/{page}.py").run()
    assert not app.exception, (page, [each.value for each in app.exception])
app.query_params["for"] = "Texts of my own"
app.switch_page("app_pages/choose.py").run()
assert not app.exception, [each.value for each in app.exception]
print(len(pages), *(each.value for each in app.info), sep="\\n")
print(*{"torch", "sklearn", "prefect", "pyiceberg"} & sys.modules.keys())
"""


def needed_by(extra: str) -> dict[str, Distribution]:
    """The packages that taskatlas with an extra needs, transitive ones too, as they are installed here."""
    found: dict[str, Distribution] = {}
    seen, todo = set(), [(line, extra) for line in requires("taskatlas") or []]
    while todo:
        if (one := todo.pop()) in seen:
            continue
        seen.add(one)
        wanted = Requirement(one[0])
        if wanted.marker and not wanted.marker.evaluate({"extra": one[1]}):
            continue
        name = canonicalize_name(wanted.name)
        with suppress(PackageNotFoundError):  # one that only another system needs
            found[name] = distribution(name)
            todo += [(line, part) for line in found[name].requires or [] for part in ("", *wanted.extras)]
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """taskatlas with the extra `dashboard`: its packages are links to the running environment's."""
    found = made(tmp_path_factory.mktemp("dashboard") / "venv")
    found.install("--no-deps", "--no-index", wheel)
    for package in needed_by("dashboard").values():
        for top in {file.parts[0] for file in package.files or [] if file.parts[0] not in {"..", "__pycache__"}}:
            place = found.site / top
            if not place.exists():
                place.symlink_to(Path(str(package.locate_file(top))))
    return found


def test_every_page_is_drawn_and_own_texts_say_what_they_need(environment: Environment, release: Path, tmp_path: Path):
    done = environment.run("python", "-c", PAGES, cwd=tmp_path, TASKATLAS_PROJECT=str(release))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "7",
        "the package datasets is not installed. Install what this needs with `pip install 'taskatlas[run]'`",
        "",
    ]


def test_a_report_is_written(environment: Environment, release: Path, tmp_path: Path):
    done = environment.run("taskatlas", "report", "-p", release, "--output", "release.html", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "image/svg+xml" in (tmp_path / "release.html").read_text()

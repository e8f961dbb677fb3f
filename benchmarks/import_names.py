"""How folders at the repository's top become parts of one package: python -m benchmarks.import_names

A toy with the shape of this repository (toy/, flows/, tasks/, schemas/, installed as toy.flows and so on) in every way
that there is, built, installed and asked. Decision 0010 rests on it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.report import Section, write

PARTS = ("flows", "tasks", "schemas")
MODULES = 20
"""Of each part."""
ROUNDS = 25
TOOLS = ("hatchling==1.33.0", "editables", "setuptools==84.2.1", "mypy==2.4.1", "pytest==9.2.0")
PROJECT = '[project]\nname = "toy"\nversion = "1.0"\n'
HATCH = f'[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n{PROJECT}'
SETUP = f'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n{PROJECT}'
WHEEL = '[tool.hatch.build.targets.wheel]\npackages = ["toy"]\n'
MAPPED = "".join(f'"{part}" = "toy/{part}"\n' for part in PARTS)
DIRS = "".join(f'"toy.{part}" = "{part}"\n' for part in PARTS)
HOOK = f"""
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        name = "force_include_editable" if version == "editable" else "force_include"
        if self.target_name == "wheel":
            build_data[name].update({{part: f"toy/{{part}}" for part in {PARTS!r}}})
"""
SUMMARY = "Ways to install folders of the repository's top as parts of one package. Decision 0010 rests on it."
DEFINITION = (
    "A toy package with three such folders of twenty modules and a JSON file. Wheel: it has one top-level name and "
    "every file. Sdist: a wheel by way of it holds the same. Imports: what a program says from a wheel, and from an "
    "editable install. Shadow: the same in a folder with files flows.py, tasks.py and schemas.py. mypy: strict, over a "
    "program that uses an editable install. Checkout: pytest, where nothing is installed. Names: under how many names "
    "a module can be imported where the install is editable. Time: processor seconds of the import in a fresh process, "
    f"by those of the plain package in the same round; median and quartiles of {ROUNDS} rounds, from a wheel and from "
    "an editable install."
)
COLUMNS = ("way", "wheel", "sdist", "imports", "editable", "shadow", "shadow, editable", "mypy", "checkout", "names",
           "time", "time, editable")  # fmt: skip
USES = "from toy.flows.m0 import answer\nfrom toy import read\nassert answer() == 20 and read() == {'a': 1}\n"
TYPED = "from toy.flows.m0 import answer\nnumber: int = answer()\nword: str = answer()\n"
TIMES = "import time; began = time.process_time(); import toy.flows.m0; print(time.process_time() - began)"
TEST = "def test_it() -> None:\n    from toy.flows.m0 import answer\n    assert answer() == 20\n"


def _link(root: Path) -> None:
    for part in PARTS:
        (root / "toy" / part).symlink_to(f"../{part}")


def _move(root: Path) -> None:
    for part in PARTS:
        (root / part).rename(root / "toy" / part)


def _hook(root: Path) -> None:
    (root / "hatch_build.py").write_text(HOOK)


@dataclass(frozen=True)
class Way:
    """One way: its pyproject.toml, and what it does to the folders besides."""

    pyproject: str
    prepare: Callable[[Path], None] = lambda _: None
    results: dict[str, Any] = field(default_factory=dict)


WAYS: Mapping[str, Way] = {
    "plain: no folder at the top": Way(HATCH + WHEEL, _move),
    "setuptools, package-dir": Way(
        f"{SETUP}[tool.setuptools]\npackages = {['toy', *(f'toy.{part}' for part in PARTS)]}\n"
        f"[tool.setuptools.package-dir]\n{DIRS}"
        '[tool.setuptools.package-data]\n"*" = ["*.json", "py.typed"]\n'
    ),
    "hatchling, force-include": Way(f"{HATCH}{WHEEL}[tool.hatch.build.targets.wheel.force-include]\n{MAPPED}"),
    "hatchling, build hook": Way(f"{HATCH}{WHEEL}[tool.hatch.build.hooks.custom]\n", _hook),
    "links": Way(HATCH + WHEEL, _link),
    "links, sdist of the package alone": Way(
        f'{HATCH}{WHEEL}[tool.hatch.build.targets.sdist]\nonly-include = ["toy"]\n', _link
    ),
}


def main() -> None:
    """Build, install and ask every way, and write results/import_names.*."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tools = _environment(folder / "tools")
        _run(tools, "-m", "pip", "install", "--quiet", *TOOLS, cwd=folder)
        for number, (name, way) in enumerate(WAYS.items()):
            print(name)
            _ask(way, tools, folder / str(number))
        _time(folder)
    for kind in ("time", "time, editable"):
        plain = next(iter(WAYS.values())).results[kind]
        for way in WAYS.values():
            way.results[kind] = [own / other for own, other in zip(way.results[kind], plain, strict=False)]
    rows = [(name, *(_said(way.results[column]) for column in COLUMNS[1:])) for name, way in WAYS.items()]
    figures = {"ways": {name: way.results for name, way in WAYS.items()}, "tools": TOOLS}
    remarks = [f"Built and asked with {', '.join(TOOLS)}."]
    write("import_names", SUMMARY, [Section("Ways", DEFINITION, COLUMNS, rows, remarks)], figures)


def _ask(way: Way, tools: Path, folder: Path) -> None:
    source = _write(folder / "source")
    way.prepare(source)
    (source / "pyproject.toml").write_text(way.pyproject)
    wheel = _build(tools, source, folder / "wheel", "wheel")
    editable = _build(tools, source, folder / "editable", "editable")
    wanted = {f"toy/{part}/{name}" for part in PARTS for name in ("__init__.py", "data.json", "m0.py", "m19.py")}
    names = _names(wheel)
    way.results["wheel"] = wanted <= names and {name.split("/")[0] for name in names} == {"toy"}
    way.results["sdist"] = _by_sdist(tools, source, folder) == names
    program, shadowed, empty = folder / "program", folder / "shadowed", folder / "empty"
    for directory in (program, shadowed, empty):
        directory.mkdir()
        (directory / "use.py").write_text(USES)
    (program / "typed.py").write_text(TYPED)
    for part in PARTS:
        (shadowed / f"{part}.py").write_text("raise RuntimeError('theirs')\n")
    for kind, built, shadow in (("imports", wheel, "shadow"), ("editable", editable, "shadow, editable")):
        python = _environment(folder / f"venv-{kind}")
        _run(tools, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(built), cwd=folder)
        way.results[kind] = _works(python, "use.py", cwd=program)
        way.results[shadow] = _works(python, "use.py", cwd=shadowed)
    command = ["-m", "mypy", "--strict", "--python-executable", str(python), "--cache-dir", os.devnull, "typed.py"]
    said = _try(tools, *command, cwd=program).stdout
    way.results["mypy"] = "typed.py:3" in said and "Found 1 error" in said
    way.results["checkout"] = _works(tools, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=source)
    alone = [name for name in ("toy.flows.m1", "flows.m1") if _works(python, "-c", f"import {name}", cwd=empty)]
    way.results["names"] = len(alone)


def _write(source: Path) -> Path:
    """The toy: modules of flows import those of tasks, and these those of schemas."""
    below = {"flows": "tasks", "tasks": "schemas", "schemas": None}
    for part, other in below.items():
        (source / part).mkdir(parents=True)
        (source / part / "__init__.py").write_text("")
        (source / part / "data.json").write_text('{"a": 1}')
        for number in range(MODULES):
            lines = [f"from toy.{other} import m{number} as below" if other else "import dataclasses as below"]
            if part == "flows" and number == 0:
                lines += [f"from toy.flows import m{each} as m{each}" for each in range(1, MODULES)]
            lines += ["", "", "def answer() -> int:", f"    return len([below] * {MODULES})", ""]
            (source / part / f"m{number}.py").write_text("\n".join(lines))
    (source / "toy").mkdir()
    (source / "toy" / "py.typed").write_text("")
    read = 'import json\nfrom importlib.resources import files\n\n\ndef read() -> dict[str, int]:\n    """JSON."""\n'
    read += '    return dict(json.loads((files("toy.schemas") / "data.json").read_text()))\n'
    (source / "toy" / "__init__.py").write_text(read)
    (source / "tests").mkdir()
    (source / "tests" / "test_toy.py").write_text(TEST)
    return source


def _build(tools: Path, source: Path, to: Path, kind: str) -> Path:
    """What the project's backend builds: a wheel, an editable one or an sdist."""
    to.mkdir()
    backend = "hatchling.build" if "hatchling" in (source / "pyproject.toml").read_text() else "setuptools.build_meta"
    _run(tools, "-c", f"import {backend} as backend; backend.build_{kind}({str(to)!r})", cwd=source)
    (distribution,) = to.iterdir()
    return distribution


def _by_sdist(tools: Path, source: Path, folder: Path) -> set[str] | None:
    """The names in a wheel that is built of the sdist; None where none can be built."""
    try:
        with tarfile.open(_build(tools, source, folder / "sdist", "sdist")) as archive:
            archive.extractall(folder / "unpacked", filter="data")
        (unpacked,) = (folder / "unpacked").iterdir()
        return _names(_build(tools, unpacked, folder / "wheel-of-sdist", "wheel"))
    except subprocess.CalledProcessError:
        return None


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def _time(folder: Path) -> None:
    """Seconds of the import in fresh processes, the ways in turn; none of a way that cannot be imported."""
    for kind, key in (("imports", "time"), ("editable", "time, editable")):
        for way in WAYS.values():
            way.results[key] = []
        for round_number in range(ROUNDS + 1):
            for step in range(len(WAYS)):
                number = (round_number + step) % len(WAYS)  # nobody is always the first
                way = list(WAYS.values())[number]
                if way.results[kind]:
                    python = folder / str(number) / f"venv-{kind}" / "bin" / "python"
                    seconds = float(_run(python, "-c", TIMES, cwd=folder / str(number) / "empty").stdout)
                    way.results[key] += [seconds] * bool(round_number)  # the first round compiles


def _environment(folder: Path) -> Path:
    bare = [] if folder.name == "tools" else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *bare, folder], check=True)  # noqa: S603 - our own command
    return folder / "bin" / "python"


def _try(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [python, *arguments]
    return subprocess.run(command, cwd=cwd, env=outside, capture_output=True, text=True, check=False)  # noqa: S603


def _run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = _try(python, *arguments, cwd=cwd)
    done.check_returncode()
    return done


def _works(python: Path, *arguments: str, cwd: Path) -> bool:
    return _try(python, *arguments, cwd=cwd).returncode == 0


def _said(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "**no**"
        case [_, *_]:
            low, middle, high = quantiles(value, n=4)
            return f"{middle:.2f} ({low:.2f} to {high:.2f})"
        case []:
            return "–"
        case _:
            return str(value)


if __name__ == "__main__":
    main()

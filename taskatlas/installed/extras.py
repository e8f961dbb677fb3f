"""What the core leaves out: a package that is missing is told as the extra of taskatlas that brings it.

`pip install taskatlas` installs what reading a release needs. All else is an extra, as pyproject.toml says; which
package is of which is read from the installed metadata, so there is no second list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, distribution, requires
from importlib.util import find_spec

from taskatlas.errors import TaskatlasError

_NEED = re.compile(r"""^(?P<name>[\w.-]+)(.*;.*\bextra\s*==\s*['"](?P<extra>[\w.-]+)['"])?""")
"""A line of the metadata such as `torch==2.13.0; extra == 'run'`."""
_LIKE = 0.55
"""How alike a module and its package are named at least."""


@contextmanager
def needed(extra: str = "run") -> Iterator[None]:
    """A block that imports what the core leaves out.

    Args:
        extra: the one to name where several bring the package that is missing.

    Raises:
        TaskatlasError: a package of an extra is not installed. Other faults of an import stay as they are.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        packages = needs()
        package = package_of(module, packages)
        # what is there and broken is no extra's fault, and neither is a core that is not whole
        if package is None or not packages[package] or _installed(package) or find_spec(module) is not None:
            raise
        named = extra if extra in packages[package] else packages[package][0]
        todo = f"install what this needs with `pip install 'taskatlas[{named}]'`"
        raise TaskatlasError(f"the package {package} is not installed", todo=todo) from error


def require(extra: str = "run") -> None:
    """Hold an extra to be installed whole, for what would miss one of its packages only later.

    Raises:
        TaskatlasError: a package of it is missing.
    """
    missing = next((name for name, extras in needs().items() if extra in extras and not _installed(name)), None)
    if missing:
        todo = f"install what this needs with `pip install 'taskatlas[{extra}]'`"
        raise TaskatlasError(f"the package {missing} is not installed", todo=todo)


def package_of(module: str, packages: Collection[str]) -> str | None:
    """The package that a module comes with, by their names: umap is of umap-learn, sklearn of scikit-learn.

    Args:
        module: top name of what was imported.
        packages: those that may be meant.
    """
    wanted = _canonical(module)
    longer = [package for package in packages if package == wanted or (wanted and package.startswith(f"{wanted}-"))]
    near = sorted(longer, key=len) or get_close_matches(wanted, packages, n=1, cutoff=_LIKE)
    return near[0] if near else None


def needs() -> dict[str, list[str]]:
    """What taskatlas needs, as its metadata say: package → the extras that bring it, the smallest first; none for the
    core."""
    try:
        lines = requires("taskatlas") or []
    except PackageNotFoundError:  # a checkout on the path
        return {}
    declared = [(_canonical(need["name"]), need["extra"]) for need in map(_NEED.match, lines) if need]
    sizes = Counter(extra for _, extra in declared)
    packages: dict[str, set[str]] = {name: set() for name, _ in declared}
    for name, extra in declared:
        packages[name] |= {extra} if extra else set()
    return {name: sorted(extras, key=lambda extra: (sizes[extra], extra)) for name, extras in packages.items()}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True

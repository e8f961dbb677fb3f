"""What installed packages bring, this one among them: entry points of a group, found by name and loaded when asked for.

A package's pyproject.toml says `[project.entry-points."taskatlas.models"]` and `shouting = "shouting:KIND"`. Groups
are `taskatlas.models` (kinds of model), `taskatlas.methods`, `taskatlas.flows` and `taskatlas.apps`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from taskatlas.errors import TaskatlasError
from taskatlas.installed.extras import needed


@dataclass(frozen=True)
class Group:
    """Entry points of one group.

    Attributes:
        name: the group's, as pyproject.toml says it.
        what: what one of them is, for errors: kind, method, flow or app.
        wanted: what it has to name, for errors.
        fits: whether a name's object is that; it may raise anything.
        error: what is raised where a package does not bring what it says.
        extra: the extra of taskatlas that its own ones need.
    """

    name: str
    what: str
    wanted: str
    fits: Callable[[str, Any], bool] = lambda _, loaded: callable(loaded)
    error: type[TaskatlasError] = TaskatlasError
    extra: str = "run"

    def names(self) -> list[str]:
        """The names that installed packages bring."""
        return sorted({point.name for point in entry_points(group=self.name)})

    def find(self, name: str) -> Any | None:
        """What a package brings under this name; None where none does.

        Raises:
            TaskatlasError: an extra of taskatlas is missing; or, as the group's `error`, the package cannot be loaded,
                two bring the name, or it is not what is wanted.
        """
        points = list(entry_points(group=self.name, name=name))
        if not points:
            return None
        where = f"{self.what} {name} of {' and '.join(sorted(point.dist.name for point in points if point.dist))}"
        if len(points) > 1:
            raise self.error("two packages bring it", where=where, todo="uninstall one of them")
        return self._loaded(points[0], where)

    def _loaded(self, point: EntryPoint, where: str) -> Any:
        try:
            with needed(self.extra):
                loaded = point.load()
                fits = self.fits(point.name, loaded)
        except TaskatlasError:
            raise
        except Exception as error:  # importing runs the package's code, which can raise anything
            what = f"cannot be loaded ({type(error).__name__}: {error})"
            raise self.error(what, where=where, todo="mend or reinstall the package") from error
        if not fits:
            raise self.error(f"{point.value} is no {self.wanted}", where=where, todo="mend the package")
        return loaded

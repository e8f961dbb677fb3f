"""How a vector is computed from inputs and outputs: outputs, bases, methods, students and their forecasts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from taskatlas.embed.crosscov import CrossCov
from taskatlas.embed.linearised import Linearised
from taskatlas.embed.method import AXES, Axes, ClosedForm, Method
from taskatlas.embed.student import StudentMethod
from taskatlas.embed.text import Text
from taskatlas.embed.tuned.bitfit import BitFit
from taskatlas.embed.tuned.fisher import Fisher
from taskatlas.embed.tuned.lora import Lora
from taskatlas.embed.tuned.prefix import Prefix
from taskatlas.embed.tuned.prompt import Prompt
from taskatlas.embed.tuned.schedule import Tuning
from taskatlas.embed.tuned.taskvector import TaskVector
from taskatlas.installed.groups import Group


@dataclass(frozen=True)
class Options:
    """What a project chooses for its spaces: axes for closed forms, tuning for methods that train."""

    axes: Axes = AXES
    tuning: Tuning = field(default_factory=Tuning)


MakeMethod = Callable[[Options], Method]

CLOSED_FORMS: dict[str, Callable[[Axes], ClosedForm]] = {"text": Text, "crosscov": CrossCov, "student": StudentMethod}
"""Methods without training, by name."""

OURS: dict[str, MakeMethod] = {
    "crosscov": lambda options: CrossCov(options.axes),
    "student": lambda options: StudentMethod(options.axes),
    "text": lambda options: Text(options.axes),
    "linearised": lambda options: Linearised(options.axes, options.tuning),
    "fisher": lambda options: Fisher(options.tuning),
    "prefix": lambda options: Prefix(options.tuning),
    "prompt": lambda options: Prompt(options.tuning),
    "bitfit": lambda options: BitFit(options.tuning),
    "lora": lambda options: Lora(options.tuning),
    "taskvector": lambda options: TaskVector(options.tuning),
}
"""The methods that taskatlas brings, by name, in the order in which methods are shown; see `shown_methods`."""


def _makes_method(name: str, make: Any) -> bool:
    method = make(Options())
    return isinstance(method, Method) and method.name == name


_WANTED = "function from taskatlas.Options to a taskatlas.Method of that name"
BROUGHT = Group("taskatlas.methods", "method", _WANTED, _makes_method)
"""The methods that other packages bring; each entry point names what OURS holds."""


class _Methods(Mapping[str, MakeMethod]):
    """OURS, and those of other packages; a package is imported when its method is asked for.

    A package that is broken raises a TaskatlasError, as `Group.find` says.
    """

    def __getitem__(self, name: str) -> MakeMethod:
        make: MakeMethod | None = OURS.get(name) or BROUGHT.find(name)
        if make is None:
            raise KeyError(name)
        return make

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*OURS, *BROUGHT.names()]))

    def __len__(self) -> int:
        return len(list(iter(self)))


METHODS: Mapping[str, MakeMethod] = _Methods()
"""Every method by name."""


def shown_methods(used: Collection[str] = ()) -> dict[str, bool]:
    """Return every method → whether its space holds students, in the order in which methods are shown.

    Args:
        used: methods that are made; a package that brings a method is imported only where it is one of them, so that
            one that is broken stops no run that has no use for it.
    """
    known = {name for name in METHODS if name in OURS or name in used}
    return {name: name in known and METHODS[name](Options()).forecasts for name in METHODS}

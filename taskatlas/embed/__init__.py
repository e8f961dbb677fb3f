"""How a vector is made from inputs and outputs: outputs, bases, methods, students and their forecasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Options:
    """What a project chooses for its spaces: axes for closed forms, tuning for methods that train."""

    axes: Axes = AXES
    tuning: Tuning = field(default_factory=Tuning)


CLOSED_FORMS: dict[str, Callable[[Axes], ClosedForm]] = {"text": Text, "crosscov": CrossCov, "student": StudentMethod}
"""Methods without training, by name."""

METHODS: dict[str, Callable[[Options], Method]] = {
    "text": lambda options: Text(options.axes),
    "crosscov": lambda options: CrossCov(options.axes),
    "student": lambda options: StudentMethod(options.axes),
    "linearised": lambda options: Linearised(options.axes, options.tuning),
    "fisher": lambda options: Fisher(options.tuning),
    "prefix": lambda options: Prefix(options.tuning),
    "prompt": lambda options: Prompt(options.tuning),
    "bitfit": lambda options: BitFit(options.tuning),
    "lora": lambda options: Lora(options.tuning),
}
"""Every method by name."""

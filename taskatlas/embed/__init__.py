"""How a vector is made from inputs and outputs: outputs, bases, methods, students and their forecasts."""

from __future__ import annotations

from collections.abc import Callable

from taskatlas.embed.crosscov import CrossCov
from taskatlas.embed.method import Axes, Method
from taskatlas.embed.student import StudentMethod
from taskatlas.embed.text import Text

METHODS: dict[str, Callable[[Axes], Method]] = {
    "text": Text,
    "crosscov": CrossCov,
    "student": StudentMethod,
}
"""Every method by name; called with the numbers of axes it gives the method with its default settings."""

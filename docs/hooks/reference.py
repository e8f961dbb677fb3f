"""reference/python.md: what `taskatlas.__all__` names, from its docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import taskatlas
from taskatlas import errors

PAGE = "reference/python.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, PAGE, content="\n".join(page())))
    return files


def page() -> Iterator[str]:
    """Its lines: functions, then classes, then the errors."""
    yield from ("# Python", "", inspect.getdoc(taskatlas) or "", "")
    public = {name: getattr(taskatlas, name) for name in taskatlas.__all__ if not hasattr(errors, name)}
    for name in sorted(public, key=lambda name: (inspect.isclass(public[name]), name)):
        yield from (f"::: taskatlas.{name}", "")
    yield from ("## Errors", "", f"```\n{inspect.getdoc(errors)}\n```", "")
    for name, found in vars(errors).items():
        if inspect.isclass(found) and issubclass(found, errors.TaskatlasError):
            yield from (f"::: taskatlas.errors.{name}", "    options:", "      heading_level: 3", "")

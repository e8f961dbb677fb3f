"""Publish, reliably: `taskatlas.stages.publish` as Prefect tasks.

Publishing is not cached: it asks the warehouse whether there is anything new.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task

from taskatlas.stages import publish
from taskatlas.stages.context import Context
from taskatlas.tasks.policies import NOT_CACHED


@task(name="release", **NOT_CACHED)
def release(folder: str) -> dict[str, Any]:
    """Check all tables and publish them as a release, where it is a new one."""
    return publish.release(Context(Path(folder)))

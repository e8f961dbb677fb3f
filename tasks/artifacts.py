"""What a run leaves in Prefect's own pages: a table or a note per stage, with no texts and no secrets in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact


def publish_table(key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Attach rows to the flow run as a table artifact called taskatlas-`key`."""
    create_table_artifact(table=list(rows), key=f"taskatlas-{key}")


def publish_note(key: str, markdown: str) -> None:
    """Attach a note to the flow run as a markdown artifact called taskatlas-`key`."""
    create_markdown_artifact(markdown=markdown, key=f"taskatlas-{key}")

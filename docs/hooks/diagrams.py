"""Mermaid's diagrams as SVG within the page, so that no script has to draw them."""

from __future__ import annotations

import re
from typing import Any

import mmdr


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its diagrams drawn."""
    parts = re.split(r"^```mermaid\n(.*?)^```$", markdown, flags=re.MULTILINE | re.DOTALL)
    parts[1::2] = [drawn(source, place) for place, source in enumerate(parts[1::2])]
    return "".join(parts)


def drawn(source: str, place: int) -> str:
    """A diagram as one line of HTML; its ids are those of its place on the page."""
    svg = mmdr.render(source).svg().replace("merman", f"diagram-{place}")
    return f'<div class="diagram">{" ".join(svg.split())}</div>'

"""pygments.css: the colours of code blocks, as Pygments has them."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pygments.formatters import HtmlFormatter


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the file."""
    rules = HtmlFormatter(style="default").get_style_defs(".highlight")
    files.append(File.generated(config, "pygments.css", content=rules))
    return files

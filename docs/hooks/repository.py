"""Links that leave docs/ lead to the repository's own files, which are pages of the site below repository/.

A page's text is not changed for the site: `[pooling](../taskatlas/predict/pooling.py)` is right in the repository, and
here it leads to a page that shows that file. Only files that some page links to are taken. A link to a file that is not
there stays as it is, and the strict build fails at it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs/"
BELOW = "repository/"
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)(?=[)#])")
FENCED = re.compile(r"(^```.*?^```$)", flags=re.MULTILINE | re.DOTALL)
SHOWN = {".py": "python", ".yaml": "yaml", ".toml": "toml", "": "text"}
"""Suffix → the language that such a file is shown in, on a page of its own; other files are taken as they are."""

_origins: dict[str, str] = {}
"""Page of the site whose links are led → its path in the repository."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add every file that a page links to, and what these link to."""
    waiting = [file for file in files.documentation_pages() if file.generated_by is None]
    _origins.update({file.src_uri: DOCS + file.src_uri for file in waiting})
    while waiting:
        page = waiting.pop()
        for target in targets(page):
            if not target.startswith(DOCS) and uri_of(target) not in files.src_uris:
                file = taken(target, config)
                files.append(file)
                if target.endswith(".md") or (ROOT / target).is_dir():
                    _origins[file.src_uri] = target
                    waiting.append(file)
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """The page's text, its links leading to where their targets are in the site."""
    uri = page.file.src_uri
    if uri not in _origins:
        return markdown
    return relinked(markdown, _origins[uri], lambda target: posixpath.relpath(uri_of(target), posixpath.dirname(uri)))


def targets(page: File) -> list[str]:
    """The paths in the repository that a page links to."""
    found: list[str] = []

    def noted(target: str) -> str:
        found.append(target)
        return target

    relinked(page.content_string, _origins[page.src_uri], noted)
    return found


def relinked(markdown: str, origin: str, led: Callable[[str], str]) -> str:
    """A page's text with each link to something in the repository led elsewhere; code blocks stay as they are."""
    folder = origin if (ROOT / origin).is_dir() else posixpath.dirname(origin)

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, match[1]))
        known = not target.startswith("..") and (ROOT / target).exists()
        return led(target) if known else match[1]

    return "".join(part if part.startswith("```") else LINK.sub(link, part) for part in FENCED.split(markdown))


def uri_of(target: str) -> str:
    """Where a path of the repository is in the site."""
    if target.startswith(DOCS):
        return target.removeprefix(DOCS)
    if (ROOT / target).is_dir():
        return f"{BELOW}{target}/index.md"
    return f"{BELOW}{target}.md" if Path(target).suffix in SHOWN else f"{BELOW}{target}"


def taken(target: str, config: MkDocsConfig) -> File:
    """A file or folder of the repository as a file of the site."""
    path, uri = ROOT / target, uri_of(target)
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir() if not each.name.startswith((".", "__")))
        lines = [f"# {target}", "", *(f"- [{name}]({name})" for name in names)]
        return File.generated(config, uri, content="\n".join(lines))
    if path.suffix in SHOWN:
        text = path.read_text(encoding="utf-8").rstrip()
        return File.generated(config, uri, content=f"# {target}\n\n````{SHOWN[path.suffix]}\n{text}\n````\n")
    return File.generated(config, uri, abs_src_path=str(path))

"""Data Docs: the validations of a run as static HTML that needs no network.

Great Expectations renders each suite and each result. Its own page and index templates load styles, scripts and the
whole list of validations through other people's servers and are blank without them, so the frame around its content
and the index are ours (templates/).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from taskatlas.hashing import digest
from taskatlas.store.atomic import replacing
from taskatlas.validate.suites import Json, great_expectations, suite, suite_names
from taskatlas.validate.verdict import counts

_TEMPLATES = Path(__file__).parent / "templates"
# Great Expectations links a result to its suite by ../../../../expectations/NAME.html, hence the four folders.
_RESULT = "validations/{suite}/{origin_kind}/{origin}/index.html"
_SUITE = "expectations/{suite}.html"
_INDEX = "index.html"
Stamps = dict[str, str]
"""File name of a page → a hash of what it shows."""


def write_docs(folder: Path, results: Iterable[Mapping[str, Any]], written: Mapping[str, str] | None = None) -> Stamps:
    """Make `folder` show these validations and no others.

    Each page is replaced at once and the index last, so a reader never meets a broken link; then pages of validations
    that are no more are removed. A page that shows what it showed before is not rendered again.

    Args:
        folder: of the site; made where it is missing.
        results: `Verdict.result` of each validation, at most one per suite and text set; the last one counts.
        written: what an earlier call returned.

    Returns:
        Per page a hash of what it shows.

    Raises:
        StoreError: the folder cannot be written.
    """
    latest = {_path_of(result): result for result in results}
    ordered = sorted(latest.items(), key=lambda item: (item[1]["success"], item[0]))
    stamps = _stamps(ordered)
    known = written or {}
    stale = [page for page in stamps if known.get(page) != stamps[page] or not (folder / page).is_file()]
    if stale:
        for page, html in _rendered(stale, ordered):
            with replacing(folder / page) as temporary:
                temporary.write_text(html, encoding="utf-8")
        _remove_others(folder, stamps)
    return stamps


def _stamps(results: Sequence[tuple[str, Mapping[str, Any]]]) -> Stamps:
    """File name → a hash of what the page shows; the index comes last."""
    release = version("great-expectations")
    stamps = {_SUITE.format(suite=name): digest(release, suite(name)) for name in suite_names()}
    stamps |= {path: digest(release, json.dumps(result, sort_keys=True)) for path, result in results}
    return {**stamps, _INDEX: digest(sorted(stamps.items()))}


def _remove_others(folder: Path, pages: Mapping[str, str]) -> None:
    for branch in ("validations", "expectations"):
        for path in list((folder / branch).rglob("*.html")):
            if path.relative_to(folder).as_posix() not in pages:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # until a folder that still holds pages
                    for parent in path.parents:
                        parent.rmdir()


def _path_of(result: Mapping[str, Any]) -> str:
    meta = result["meta"]
    return _RESULT.format(suite=result["suite_name"], origin_kind=meta["origin_kind"], origin=meta["origin"])


def _rendered(pages: Sequence[str], results: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    """(file name, HTML) of some pages, in their order."""
    gx = great_expectations()
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.render.renderer import page_renderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    view: Any = DefaultJinjaPageView(custom_views_directory=str(_TEMPLATES))
    of_suite: Any = page_renderer.ExpectationSuitePageRenderer()
    of_result: Any = page_renderer.ValidationResultsPageRenderer(run_info_at_end=True)
    by_path = dict(results)
    suites = {_SUITE.format(suite=name): name for name in suite_names()}
    for page in pages:
        if page in suites:
            content = of_suite.render(gx.ExpectationSuite(**suite(suites[page])))
            yield page, view.render(content, template="page.html", title=f"suite {suites[page]}", home="../")
        elif page in by_path:
            result = by_path[page]
            content = of_result.render(expectationSuiteValidationResultSchema.load(_escaped(result)))
            home = "../" * page.count("/")
            yield page, view.render(content, template="page.html", title=_title(result), home=home)
        else:
            listed = [(name, path, suite(name)["notes"]) for path, name in suites.items()]
            entries = [_entry(path, result) for path, result in results]
            index = view.env.get_template("index.html")
            yield page, index.render(entries=entries, suites=listed, title="Data Docs", home="")


def _escaped(result: Mapping[str, Any]) -> Json:
    """Escape markup in what was observed: Great Expectations puts observed values into its pages as HTML."""
    results = [{**entry, "result": _escape(entry["result"])} for entry in result["results"]]
    return {**result, "results": results}


def _escape(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _escape(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_escape(entry) for entry in value]
    return escape(value) if isinstance(value, str) else value


def _title(result: Mapping[str, Any]) -> str:
    return f"{result['meta']['origin_kind']} {result['meta']['origin']}"


def _entry(path: str, result: Mapping[str, Any]) -> dict[str, object]:
    """One line of the index."""
    broken = [entry for entry in result["results"] if not entry["success"]]
    return {
        "href": path,
        "title": _title(result),
        "suite": result["suite_name"],
        "success": result["success"],
        "n": len(result["results"]),
        "n_broken": len(broken),
        "n_unexpected": max((counts(entry, 0)[1] for entry in broken), default=0),
        "meanings": [entry["expectation_config"].get("notes", "") for entry in broken],
    }

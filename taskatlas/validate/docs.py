"""Data Docs: the validations of a run as static HTML that needs no network.

Great Expectations renders each suite and each result. Its own page and index templates load styles, scripts and the
whole list of validations through other people's servers and are blank without them, so the frame around its content
and the index are ours (templates/).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from taskatlas.store.atomic import replacing
from taskatlas.validate.suites import Json, great_expectations, suite, suite_names
from taskatlas.validate.verdict import counts

_TEMPLATES = Path(__file__).parent / "templates"
# Great Expectations links a result to its suite by ../../../../expectations/NAME.html, hence the four folders.
_RESULT = "validations/{suite}/{origin_kind}/{origin}/index.html"
_SUITE = "expectations/{suite}.html"


def write_docs(folder: Path, results: Iterable[Mapping[str, Any]]) -> Path:
    """Make `folder` show these validations and no others.

    Each page is replaced at once and the index last, so a reader never meets a broken link; then pages of validations
    that are no more are removed.

    Args:
        folder: of the site; made where it is missing.
        results: `Verdict.result` of each validation, at most one per suite and origin; the last one counts.

    Returns:
        The path of index.html.

    Raises:
        StoreError: the folder cannot be written.
    """
    latest = {_place(result): result for result in results}
    ordered = sorted(latest.items(), key=lambda item: (item[1]["success"], item[0]))
    pages = _pages(ordered)
    for name, html in pages.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(html, encoding="utf-8")
    _remove_others(folder, pages)
    return folder / "index.html"


def _remove_others(folder: Path, pages: Mapping[str, str]) -> None:
    for part in ("validations", "expectations"):
        for path in list((folder / part).rglob("*.html")):
            if path.relative_to(folder).as_posix() not in pages:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # until a folder that still holds pages
                    for parent in path.parents:
                        parent.rmdir()


def _place(result: Mapping[str, Any]) -> str:
    meta = result["meta"]
    return _RESULT.format(suite=result["suite_name"], origin_kind=meta["origin_kind"], origin=meta["origin"])


def _pages(results: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """File name → HTML; the index comes last."""
    gx = great_expectations()
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.render.renderer import page_renderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    view: Any = DefaultJinjaPageView(custom_views_directory=str(_TEMPLATES))
    of_suite: Any = page_renderer.ExpectationSuitePageRenderer()
    of_result: Any = page_renderer.ValidationResultsPageRenderer(run_info_at_end=True)
    pages = {}
    for name in suite_names():
        content = of_suite.render(gx.ExpectationSuite(**suite(name)))
        pages[_SUITE.format(suite=name)] = view.render(content, template="page.html", title=f"suite {name}", home="../")
    for place, result in results:
        content = of_result.render(expectationSuiteValidationResultSchema.load(_escaped(result)))
        home = "../" * place.count("/")
        pages[place] = view.render(content, template="page.html", title=_title(result), home=home)
    index = view.env.get_template("index.html")
    suites = [(name, _SUITE.format(suite=name), suite(name)["notes"]) for name in suite_names()]
    entries = [_entry(place, result) for place, result in results]
    pages["index.html"] = index.render(entries=entries, suites=suites, title="Data Docs", home="")
    return pages


def _escaped(result: Mapping[str, Any]) -> Json:
    """A result without markup in what was observed: Great Expectations puts observed values into its pages as HTML."""
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


def _entry(place: str, result: Mapping[str, Any]) -> dict[str, object]:
    """One line of the index."""
    broken = [entry for entry in result["results"] if not entry["success"]]
    return {
        "href": place,
        "title": _title(result),
        "suite": result["suite_name"],
        "success": result["success"],
        "n": len(result["results"]),
        "n_broken": len(broken),
        "n_unexpected": max((counts(entry, 0)[1] for entry in broken), default=0),
        "meanings": [entry["expectation_config"].get("notes", "") for entry in broken],
    }

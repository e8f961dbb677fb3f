"""python -m benchmarks.evidence: write docs/evidence.md anew from benchmarks/results."""

from __future__ import annotations

from benchmarks.evidence.page import PAGE, page
from benchmarks.evidence.results import Results


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(Results()), encoding="utf-8")
    print(f"docs/{PAGE.name} is written")


if __name__ == "__main__":
    main()

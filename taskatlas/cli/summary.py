"""The end of a run: what the release says, dataset by dataset, and where everything lies."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from taskatlas.project.find import project_option
from taskatlas.project.folders import ProjectFolders
from taskatlas.recommend.words import in_words
from taskatlas.store.reader import Reader

_NEAREST = """
    WITH of_datasets AS (FROM neighbors WHERE entity_kind = 'dataset' AND neighbor_kind = 'dataset')
    SELECT entity, neighbor, similarity FROM of_datasets
    WHERE rank <= 2 AND space = (SELECT space FROM of_datasets ORDER BY method_order(method), method, space LIMIT 1)
    ORDER BY entity, rank
"""
"""In the space of the method that is shown first."""
_ALIKE = """
    SELECT dataset, n_near_duplicates AS removed, n_near_kept AS kept FROM datasets
    WHERE n_near_duplicates > 0 OR n_near_kept > 0 ORDER BY dataset
"""
_CHOICES = "FROM recommendations WHERE question = 'prompt' ORDER BY dataset, rank"


def print_summary(console: Console, folders: ProjectFolders, result: dict[str, Any]) -> None:
    """Print the release's answers, what was computed and the next commands."""
    reader = Reader(folders.catalog)
    _print_datasets(console, reader)
    counts = result["counts"]
    named = (("datasets", "dataset"), ("subjects", "subject"), ("corpus_texts", "corpus text"), ("spaces", "space"))
    console.print(
        f"\n{', '.join(_count(counts[name], noun) for name, noun in named)}; "
        f"{_count(counts['quarantined'], 'row')} in quarantine."
    )
    for row in reader.sql(_ALIKE).to_pylist():
        console.print(Text(_alike(**row)))
    if result["created"]:
        console.print(Text(f"Release {result['release']} is published.", style="bold green"))
    elif result["computed"] or result.get("stages"):
        console.print(Text(f"What was missing is made again; the result is release {result['release']}, as before."))
    else:
        console.print(Text(f"Nothing has changed since release {result['release']}: nothing computed or published."))
    seconds, server = result["seconds"], result["server_seconds"]
    console.print(f"{seconds:.1f} s, of which Prefect's server took {server:.1f} s to start.")
    # as they are, so that a long path or a command can be copied whole
    console.print(Text(f"catalog    {folders.catalog}\ndata docs  {folders.data_docs / 'index.html'}"), soft_wrap=True)
    example = next(iter(result["datasets"]), "DATASET")
    commands = ("dashboard", f"recommend prompt {example}", f"nearest {example}", 'sql "SHOW TABLES"')
    option = project_option(folders.folder)
    console.print(
        Text(f"next       {' · '.join(f'taskatlas {command}{option}' for command in commands)}"), soft_wrap=True
    )


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _alike(dataset: str, removed: int, kept: int | None) -> str:
    """What became of the near duplicates of a dataset."""
    if kept:
        what = f"{_count(kept, 'text')} nearly equal others, so its texts are alike by nature and all stay"
        return f"{dataset}: {what}; near_duplicates: remove on its card removes them."
    what = f"{_count(removed, 'text')} that nearly equal others with the same label are left out"
    return f"{dataset}: {what}; near_duplicates: keep on its card keeps them."


def _print_datasets(console: Console, reader: Reader) -> None:
    """Print a block per dataset, narrow enough for a terminal of 80 columns."""
    nearest: dict[str, list[str]] = {}
    for row in reader.sql(_NEAREST).to_pylist():
        nearest.setdefault(row["entity"], []).append(f"{row['neighbor']} {round(row['similarity'], 2) + 0.0:.2f}")
    choices: dict[str, list[dict[str, Any]]] = {}
    for row in reader.sql(_CHOICES).to_pylist():
        choices.setdefault(row["dataset"], []).append(row)
    for row in reader.sql("SELECT dataset, family, label_kind, labels FROM datasets ORDER BY dataset").to_pylist():
        name = row["dataset"]
        metric = "accuracy" if row["label_kind"] == "classes" else "Spearman's correlation"
        console.print(Text.assemble((name, "bold"), (f"  {row['family']}, by {metric}", "dim")))
        if name in nearest:
            console.print(Text(f"  nearest  {' · '.join(nearest[name])}"))
        grid = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column()
        grid.add_row("  choose ", Text(in_words(choices.get(name, []), labels=row["labels"])))
        console.print(grid)

"""Where a project keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskatlas.store.parts import Parts


@dataclass(frozen=True)
class ProjectFolders:
    """The folders of a project."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        """Return the folder of everything that runs have made."""
        return self.folder / "warehouse"

    @property
    def parts(self) -> Parts:
        """Return the finished work of the stages."""
        return Parts(self.warehouse / "parts")

    @property
    def catalog(self) -> Path:
        """Return the path of the DuckDB file that people query."""
        return self.warehouse / "catalog.duckdb"

    @property
    def data_docs(self) -> Path:
        """Return the folder of the validation results as HTML."""
        return self.warehouse / "data_docs"

    @property
    def rejected(self) -> Path:
        """Return the folder of the rows that stopped a run."""
        return self.warehouse / "rejected"

    @property
    def unanswered(self) -> Path:
        """Return the folder of the texts that recorded models have no output for."""
        return self.warehouse / "unanswered"

    @property
    def state(self) -> Path:
        """Return the folder of what each stage did last."""
        return self.warehouse / "state"

    @property
    def prefect_home(self) -> Path:
        """Return the folder of Prefect's database and results for runs without a server of your own."""
        return self.warehouse / "prefect"

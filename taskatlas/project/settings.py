"""Where a project keeps its things, and what a run may be told from outside.

Environment variables: TASKATLAS_CATALOG_URI (a Postgres catalog for Iceberg), TASKATLAS_WAREHOUSE (an S3 location for
its data files), TASKATLAS_HOME (where the starter project is written; default ~/.taskatlas), TASKATLAS_PROJECT.
"""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.cards.names import LONGEST, letters
from taskatlas.errors import CardError, StoreError
from taskatlas.store.parts import Parts

STARTER = Path(__file__).resolve().parent.parent / "starter"


class Environment(BaseSettings):
    """Settings from the environment; the catalog's address may hold a password and is never printed."""

    model_config = SettingsConfigDict(env_prefix="TASKATLAS_", extra="ignore")

    catalog_uri: SecretStr | None = None
    warehouse: str | None = None
    home: Path = Path("~/.taskatlas")
    project: Path | None = None


@dataclass(frozen=True)
class Layout:
    """The folders of a project."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        """Everything that runs have made."""
        return self.folder / "warehouse"

    @property
    def parts(self) -> Parts:
        """Finished work of the stages."""
        return Parts(self.warehouse / "parts")

    @property
    def catalog(self) -> Path:
        """The DuckDB file that people query."""
        return self.warehouse / "catalog.duckdb"

    @property
    def data_docs(self) -> Path:
        """Folder of the validation results as HTML."""
        return self.warehouse / "data_docs"

    @property
    def rejected(self) -> Path:
        """Folder of the rows that stopped a run."""
        return self.warehouse / "rejected"

    @property
    def state(self) -> Path:
        """Folder of what each stage did last."""
        return self.warehouse / "state"

    @property
    def prefect_home(self) -> Path:
        """Prefect's database and results for runs without a server of your own."""
        return self.warehouse / "prefect"


def find_project(given: Path | None) -> Path:
    """The folder of the project to work on: as given, TASKATLAS_PROJECT, this folder if it holds a project, or the
    starter project, which is written to TASKATLAS_HOME the first time.

    Raises:
        CardError: the folder that was given holds no project.

    """
    chosen = given or _unsaid()
    if chosen is not None:
        folder = chosen.expanduser().resolve()
        if not (folder / PROJECT_FILE).is_file():
            raise CardError(
                f"there is no project here ({PROJECT_FILE} is missing)",
                where=str(chosen),
                todo=f"write one with `taskatlas init {chosen}`",
            )
        return folder
    starter = _starter()
    if not (starter / PROJECT_FILE).is_file():
        write_starter(starter)
    return starter


def project_option(folder: Path) -> str:
    """How a command that is typed here names a project: ' -p FOLDER', or nothing where it finds it by itself.

    Args:
        folder: of the project, absolute.
    """
    if (_unsaid() or _starter()).expanduser().resolve() == folder:
        return ""
    here = Path.cwd()
    return f" -p {shlex.quote(str(folder.relative_to(here) if folder.is_relative_to(here) else folder))}"


def _unsaid() -> Path | None:
    """The project that is meant where none is given, but for the starter project."""
    return Environment().project or (Path() if Path(PROJECT_FILE).is_file() else None)


def _starter() -> Path:
    return Environment().home.expanduser().resolve() / "starter"


def write_starter(folder: Path) -> None:
    """Write the starter project, cards and data, into a folder that is new or empty, and name it after the folder.

    Raises:
        CardError: the folder holds something already.
        StoreError: it cannot be written.

    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CardError("is not an empty folder", where=str(folder), todo="name a new one")
    try:
        # atlas.yaml comes last: a folder that was only half copied is not taken for a project
        leave = shutil.ignore_patterns("__init__.py", "__pycache__", "warehouse", PROJECT_FILE)
        shutil.copytree(STARTER, folder, dirs_exist_ok=True, ignore=leave)
        card = (STARTER / PROJECT_FILE).read_text(encoding="utf-8")
        name = letters(folder.name)[:LONGEST] or "starter"
        (folder / PROJECT_FILE).write_text(card.replace("name: starter\n", f"name: {name}\n"), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write ({error.strerror or error})", where=str(folder)) from error

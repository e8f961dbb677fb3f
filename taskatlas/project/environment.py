"""Settings from environment variables.

TASKATLAS_CATALOG_URI: a Postgres catalog for Iceberg; TASKATLAS_WAREHOUSE: an S3 location for its data files;
TASKATLAS_HOME: where the starter project is written, ~/.taskatlas by default; TASKATLAS_PROJECT: the project's folder.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """Settings from the environment; the catalog's address may hold a password and is never printed."""

    model_config = SettingsConfigDict(env_prefix="TASKATLAS_", extra="ignore")

    catalog_uri: SecretStr | None = None
    warehouse: str | None = None
    home: Path = Path("~/.taskatlas")
    project: Path | None = None

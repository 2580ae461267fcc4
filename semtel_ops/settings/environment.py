"""Environment variables. No other module reads the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr

from semtel_ops.settings.config_model import ConfigModel
from semtel_ops.settings.load import parse_config

VARIABLES: Final[Mapping[str, str]] = {
    "lake": "SEMTEL_LAKE",
    "database_url": "DATABASE_URL",
    "include": "SEMTEL_INCLUDE",
    "pipeline": "SEMTEL_PIPELINE",
    "endpoints": "SEMTEL_ENDPOINTS",
    "page_text": "SEMTEL_PAGE_TEXT",
}
"""The environment variable of each field of `Settings`."""

_PACKAGE = Path(__file__).resolve().parent.parent


def include_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The folder that SEMTEL_INCLUDE names; default: `include/` of the installed package or of the checkout."""
    configured = (os.environ if environ is None else environ).get("SEMTEL_INCLUDE")
    if configured:
        return Path(configured)
    packaged = _PACKAGE / "include"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "include"


def _default_include() -> str:
    return str(include_folder({}))


class Settings(ConfigModel):
    """Where files and services are on this machine. What a run does is in `pipeline.yaml`."""

    lake: str = Field(default="lake", examples=["s3://bucket/semtel"])
    """Root of all files: a folder, or an fsspec URL."""
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///lake/ledger.db"), examples=["postgresql+psycopg://user:password@host/semtel"]
    )
    """SQLAlchemy URL of the ledger: SQLite on one machine, PostgreSQL with several workers. From the environment, without
    `DATABASE_URL`: `ledger.db` in the lake, if that is a folder."""
    include: str = Field(default_factory=_default_include)
    """Folder with `prompts/`, `config/` and `sample/`. Default: `include/` of the checkout or of the installed package."""
    pipeline: str = ""
    """Path of `pipeline.yaml`. Default: `config/pipeline.yaml` in the include folder."""
    endpoints: str = ""
    """Path of `endpoints.yaml`. Default: `config/endpoints.yaml` in the include folder."""
    page_text: bool = False
    """Let users who may edit connections read conversations, with personal data replaced, on the page in Airflow."""

    @property
    def prompts(self) -> Path:
        return Path(self.include) / "prompts"

    @property
    def pipeline_path(self) -> Path:
        return Path(self.pipeline) if self.pipeline else Path(self.include) / "config" / "pipeline.yaml"

    @property
    def endpoints_path(self) -> Path:
        return Path(self.endpoints) if self.endpoints else Path(self.include) / "config" / "endpoints.yaml"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment variables in `VARIABLES`; an empty variable counts as unset.

        Raises:
            ConfigError: a value is wrong.
        """
        env = os.environ if environ is None else environ
        data = {field: env[name] for field, name in VARIABLES.items() if env.get(name)}
        if "lake" in data and "://" not in data["lake"]:
            data.setdefault("database_url", f"sqlite:///{data['lake']}/ledger.db")
        return parse_config(data, cls, where="environment")


def read_secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The value of an environment variable with a secret, or None; callers must keep it out of logs and reprs."""
    return (os.environ if environ is None else environ).get(name) or None

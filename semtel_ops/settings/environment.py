"""The only reader of the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from semtel_ops.settings.load import parse_config

_PACKAGE = Path(__file__).resolve().parent.parent


def include_folder(environ: Mapping[str, str] | None = None) -> Path:
    """SEMTEL_INCLUDE; without it, the folder that came with the package, which in a checkout is the one at its top."""
    named = (os.environ if environ is None else environ).get("SEMTEL_INCLUDE")
    if named:
        return Path(named)
    packaged = _PACKAGE / "include"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "include"


def _default_include() -> str:
    return str(include_folder({}))


class Settings(BaseModel):
    """Where things are on this machine. Everything else is in `pipeline.yaml`.

    Attributes:
        lake: root URL of all files (a folder, or any fsspec URL such as s3://bucket/semtel).
        database_url: SQLAlchemy URL of the ledger; the password in it is never shown. From the environment, without
            DATABASE_URL: ledger.db in the lake, where that is a folder.
        include: folder that holds prompts/, config/ and sample/.
        pipeline: path of pipeline.yaml.
        endpoints: path of endpoints.yaml.
        page_text: whether those who may edit connections can read (scrubbed) conversations on the page in Airflow.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lake: str = "lake"
    database_url: SecretStr = Field(default=SecretStr("sqlite:///lake/ledger.db"))
    include: str = Field(default_factory=_default_include)
    pipeline: str = ""
    endpoints: str = ""
    page_text: bool = False

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
        """Read SEMTEL_LAKE, DATABASE_URL, SEMTEL_INCLUDE, SEMTEL_PIPELINE, SEMTEL_ENDPOINTS and SEMTEL_PAGE_TEXT."""
        env = os.environ if environ is None else environ
        names = {
            "lake": "SEMTEL_LAKE",
            "database_url": "DATABASE_URL",
            "include": "SEMTEL_INCLUDE",
            "pipeline": "SEMTEL_PIPELINE",
            "endpoints": "SEMTEL_ENDPOINTS",
            "page_text": "SEMTEL_PAGE_TEXT",
        }
        data = {field: env[name] for field, name in names.items() if env.get(name)}
        if "lake" in data and "://" not in data["lake"]:
            data.setdefault("database_url", f"sqlite:///{data['lake']}/ledger.db")
        return parse_config(data, cls, where="environment")


def read_secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The value of an environment variable that holds a key, or None; callers keep it out of logs and reprs."""
    return (os.environ if environ is None else environ).get(name) or None

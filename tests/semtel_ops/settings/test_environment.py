"""What the environment says, and what holds without it."""

from pathlib import Path

from semtel_ops.settings import environment
from semtel_ops.settings.environment import Settings, include_folder


def ledger(**variables):
    return Settings.from_env(variables).database_url.get_secret_value()


def test_a_lake_that_is_a_folder_holds_its_ledger():
    assert ledger(SEMTEL_LAKE="/data/lake") == "sqlite:////data/lake/ledger.db"
    assert ledger(SEMTEL_LAKE="lake") == ledger() == "sqlite:///lake/ledger.db"


def test_a_ledger_that_is_named_is_the_ledger():
    assert (
        ledger(SEMTEL_LAKE="/data/lake", DATABASE_URL="postgresql+psycopg://host/semtel") == "postgresql+psycopg://host/semtel"
    )


def test_a_lake_in_a_bucket_holds_no_ledger():
    assert ledger(SEMTEL_LAKE="s3://bucket/lake") == "sqlite:///lake/ledger.db"


def test_an_empty_variable_is_one_that_is_not_set():
    assert Settings.from_env({"SEMTEL_LAKE": "", "SEMTEL_INCLUDE": ""}) == Settings()
    assert include_folder({"SEMTEL_INCLUDE": ""}) == include_folder({})


def test_the_folder_of_prompts_is_the_one_named_the_packages_or_the_checkouts(tmp_path, monkeypatch, project_root):
    assert include_folder({"SEMTEL_INCLUDE": "mine"}) == Path("mine")
    assert include_folder({}) == project_root / "include"
    monkeypatch.setattr(environment, "_PACKAGE", tmp_path)
    (tmp_path / "include").mkdir()
    assert include_folder({}) == tmp_path / "include"

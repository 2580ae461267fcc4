"""Options that several commands have say the same in all of them."""

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.endpoints.factory import KINDS


@pytest.mark.parametrize("command", ["classify", "experiment", "reprocess", "plan"])
def test_the_help_names_every_kind_of_endpoint(command: str) -> None:
    shown = " ".join(CliRunner().invoke(cli, [command, "--help"]).output.split())
    assert f"Kinds: {', '.join(sorted(KINDS))}." in shown

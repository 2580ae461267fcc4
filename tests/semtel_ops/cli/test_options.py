"""What `--help` says: options that several commands have say the same in all of them, and every command has an example."""

import inspect
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.cli.options import separated
from semtel_ops.endpoints.factory import KINDS


@pytest.mark.parametrize("command", ["classify", "experiment", "reprocess", "plan"])
def test_the_help_names_every_kind_of_endpoint(command: str) -> None:
    shown = " ".join(CliRunner().invoke(cli, [command, "--help"]).output.split())
    assert f"Kinds: {', '.join(sorted(KINDS))}." in shown


def commands(context: click.Context) -> Iterator[click.Context]:
    """Every command that is not a group."""
    if not isinstance(context.command, click.Group):
        yield context
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        assert command is not None
        yield from commands(click.Context(command, parent=context, info_name=name))


COMMANDS = list(commands(click.Context(cli, info_name="semtel")))


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
def test_every_command_has_an_example_and_says_what_each_option_is(context: click.Context) -> None:
    text = inspect.cleandoc(context.command.help or "")
    assert f"\n  {context.command_path}" in text, "an example"
    for param in context.command.params:
        if isinstance(param, click.Option):
            _, meaning = param.get_help_record(context) or ("", "")
            assert meaning.partition("  [")[0].endswith("."), f"{param.opts[0]}: {meaning}"


def test_words_are_separated_by_commas_and_empty_ones_are_left_out() -> None:
    assert separated(" topic, tone ,,") == ["topic", "tone"]
    assert separated("") == []

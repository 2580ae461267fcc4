"""The `semtel` command: its sub-commands are imported when they are called, and every error is one line."""

import importlib
import logging
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from semtel_ops import __version__
from semtel_ops.errors import ConfigError, QualityGateError, SemtelError, SourceError

_COMMANDS = {
    "alerts": ("semtel_ops.cli.alerts:alerts", "List what is wrong, or send a test alert."),
    "batch": ("semtel_ops.cli.batch:batch", "Submit, watch, collect and cancel batch jobs by hand."),
    "check": ("semtel_ops.cli.weekly:check", "Run the quality gate over a run's rows."),
    "classifiers": ("semtel_ops.cli.classifiers:classifiers", "List, show and check prompt files."),
    "classify": ("semtel_ops.cli.classify:classify", "Label conversations from files; goes on where it stopped."),
    "config": ("semtel_ops.cli.config:config", "Explain and check the configuration; write its JSON Schemas."),
    "demo": ("semtel_ops.cli.demo:demo", "Run the weekly DAG in a real Airflow on the shipped sample."),
    "evaluate": ("semtel_ops.cli.weekly:evaluate", "Compare a run's labels with those the conversations came with."),
    "experiment": ("semtel_ops.cli.experiment:experiment", "Measure what fewer calls and tokens cost in quality."),
    "ingest": ("semtel_ops.cli.weekly:ingest", "Read a source, draw a week's sample, scrub personal data."),
    "ledger": ("semtel_ops.cli.ledger:ledger", "Show the ledger's version, or upgrade its tables."),
    "plan": ("semtel_ops.cli.weekly:plan", "Forecast calls, tokens and cost of a week; asks nothing."),
    "publish": ("semtel_ops.cli.weekly:publish", "Make a run the week's labels: Parquet, SQL and shares."),
    "report": ("semtel_ops.cli.weekly:report", "Write the page of a run."),
    "reprocess": ("semtel_ops.cli.reprocess:reprocess", "Label rows of a week again; says first what it would cost."),
    "run": ("semtel_ops.cli.weekly:run", "A whole week from source to report, as the DAG does it."),
    "simulate": ("semtel_ops.cli.simulate:simulate", "An OpenAI-shaped endpoint that costs nothing, for tests and planning."),
}


class _Lazy(click.Group):
    """Knows its commands by name; `semtel --help` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="semtel")
@click.option("-v", "--verbose", is_flag=True, help="Show the log of the steps on stderr.")
def cli(verbose: bool) -> None:
    """Turn conversations with an AI assistant into labels people can trust.

    \b
    Try it without any account:
      semtel simulate --port 8900 &
      semtel classify chats.jsonl --classifiers topic --endpoints endpoints.yaml --out labels/
    """  # noqa: D301 - \b is click's mark
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"
    )


def main() -> NoReturn:
    """Run the command line; errors a person can act on are one line on stderr.

    Exit codes: 0 done; 2 wrong usage, configuration or source; 3 the quality gate; 1 anything else; 130 and 143 interrupted.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        # Without its standalone mode, click returns the code of an `Exit` instead of raising it.
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SemtelError as error:
        click.echo(f"semtel: {error}", err=True)
        sys.exit(2 if isinstance(error, (ConfigError, SourceError)) else 3 if isinstance(error, QualityGateError) else 1)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("semtel: interrupted; the same command goes on where this one stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _terminated(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
    """SIGTERM ends as Ctrl-C does: what was answered is flushed on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()

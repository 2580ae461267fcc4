"""The `semtel` command. A subcommand is imported when it is called, and every error is printed as one line."""

import importlib
import logging
import signal
import sys
import traceback
from types import FrameType
from typing import NoReturn

import click

from semtel_ops import __version__
from semtel_ops.cli.printable import PrintableFormatter, printable
from semtel_ops.errors import ConfigError, QualityGateError, SemtelError, SourceError

_COMMANDS = {
    "alerts": ("semtel_ops.cli.alerts:alerts", "List alerts, or send a test alert."),
    "align": ("semtel_ops.cli.align:align", "Compare a new model or prompt with the one that labels now, and adopt it."),
    "batch": ("semtel_ops.cli.batch:batch", "Submit, poll, collect and cancel batch jobs step by step."),
    "check": ("semtel_ops.cli.weekly:check", "Run the quality gate on a run's rows."),
    "classifiers": ("semtel_ops.cli.classifiers:classifiers", "List, show and check prompt files."),
    "classify": ("semtel_ops.cli.classify:classify", "Label conversations in files; continues after an interruption."),
    "config": ("semtel_ops.cli.config:config", "Explain and check the configuration; write its JSON Schemas."),
    "correct": ("semtel_ops.cli.correct:correct", "Correct shares of published weeks with new gold labels."),
    "demo": ("semtel_ops.cli.demo:demo", "Run the weekly DAG in an Airflow on this machine, on sample data."),
    "evaluate": ("semtel_ops.cli.weekly:evaluate", "Compare a run's labels with golden labels in the source."),
    "experiment": ("semtel_ops.cli.experiment:experiment", "Measure how fewer requests and tokens affect quality."),
    "forget": ("semtel_ops.cli.forget:forget", "Erase conversations from lake and ledger, with a receipt."),
    "gold": ("semtel_ops.cli.gold:gold", "Have people label a sample of a week; export, import, agreement."),
    "ingest": ("semtel_ops.cli.weekly:ingest", "Read a source, sample a week, remove personal data; sends no requests."),
    "lake": ("semtel_ops.cli.lake:lake", "Show what is in the lake, or remove what is older than its retention."),
    "ledger": ("semtel_ops.cli.ledger:ledger", "Show the ledger's version, or upgrade its tables."),
    "plan": ("semtel_ops.cli.weekly:plan", "Forecast a week's requests, tokens, cost and time; sends no requests."),
    "publish": ("semtel_ops.cli.weekly:publish", "Publish a run's labels: Parquet, SQL and label shares."),
    "report": ("semtel_ops.cli.weekly:report", "Write a run's HTML report."),
    "reprocess": ("semtel_ops.cli.reprocess:reprocess", "Label rows of a week again; without --go, forecast the cost."),
    "run": ("semtel_ops.cli.weekly:run", "Run a week from source to report, as the DAG does."),
    "scrub": ("semtel_ops.cli.scrub:scrub", "Show what scrubbing does to a text; measure it on marked text."),
    "sentinels": ("semtel_ops.cli.sentinels:sentinels", "Ask fixed conversations daily, and see which models retire."),
    "simulate": (
        "semtel_ops.cli.simulate:simulate",
        "Serve an OpenAI-compatible endpoint that costs nothing, for tests.",
    ),
}


class _Lazy(click.Group):
    """A group that imports a command when it is called; `semtel --help` imports none."""

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
@click.option("-v", "--verbose", is_flag=True, help="Print the log to stderr.")
def cli(verbose: bool) -> None:
    """Label conversations of people with an AI assistant, and publish the labels week by week.

    Every command has --help. `semtel config check` shows the files and services that commands use.

    \b
    Try it without an account; the simulator prints the endpoints.yaml to save:
      semtel simulate --port 8900
      semtel classify chats.jsonl --classifiers topic --endpoints endpoints.yaml --out labels/
    """  # noqa: D301 - \b is click's mark
    handler = logging.StreamHandler()
    handler.setFormatter(PrintableFormatter("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])


def main() -> NoReturn:
    """Run the command line; errors that a user can act on are printed as one line on stderr.

    Exit codes: 0 success; 2 usage, configuration or source error; 3 quality gate failed; 1 any other error; 130 interrupted.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        # Without its standalone mode, click returns the code of an `Exit` instead of raising it.
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SemtelError as error:
        click.echo(printable(f"semtel: {error}"), err=True)
        sys.exit(2 if isinstance(error, (ConfigError, SourceError)) else 3 if isinstance(error, QualityGateError) else 1)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("semtel: interrupted; run the same command again to continue", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - a defect of ours, whose message may quote a key or a conversation
        where = "".join(traceback.format_tb(error.__traceback__))
        click.echo(f"{where}semtel: a defect of semtel: {type(error).__name__}; please report the lines above", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _terminated(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
    """Handle SIGTERM as Ctrl-C: results so far are flushed before exit."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()

"""`semtel scrub`: see what a text becomes, and measure what a scrub engine finds."""

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from semtel_ops.conversations.scrub import Scrubber

_ENGINE = click.option("--engine", default="rules", show_default=True, help="The engine, as scrub.engine in pipeline.yaml.")


@click.group()
def scrub() -> None:
    """Show what removing personal data and secrets does to a text, and measure how much of them an engine finds.

    \b
    Examples:
      echo "call me on 07700 900123" | semtel scrub check -
      semtel scrub measure my_marked_text.txt --misses
    """  # noqa: D301 - \b is click's mark


@scrub.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@_ENGINE
def check(file: IO[str], engine: str) -> None:
    """Print the text of FILE (- is stdin) as it would be stored and sent; counts of what was replaced go to stderr.

    \b
    Examples:
      semtel scrub check letter.txt
      echo "call me on 07700 900123" | semtel scrub check -
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.conversations.scrub import visible
    from semtel_ops.humanize import count

    seen = visible(file.read())
    scrubbed = _scrubber(engine).scrub(seen.text)
    click.echo(scrubbed.text, nl=False)
    found = ", ".join(f"{pii} {times}" for pii, times in scrubbed.counts.items())
    click.echo(f"{count(sum(scrubbed.counts.values()), 'replacement')}{f': {found}' if found else ''}", err=True)
    if seen.hidden:
        click.echo(f"{count(seen.hidden, 'hidden character')} removed", err=True)


@scrub.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@_ENGINE
@click.option("--misses", is_flag=True, help="Print what was missed and wrongly replaced instead, except of held-out lines.")
def measure(path: Path, engine: str, misses: bool) -> None:
    """Print recall and precision of an engine on marked text, by type, language and kind, as Markdown tables.

    PATH is a file of marked text, or a folder of such files, LANGUAGE.txt. A line is a snippet:

    \b
      Call me on <<phone/mobile|07700 900123>>, I am <<name|Ada Moss>>.

    A third of the lines, chosen by their hash, is held out: rules are not written by them, and --misses does not show them.

    \b
    Example:
      semtel scrub measure my_marked_text.txt --misses
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.evaluation.marked_text import read_snippets
    from semtel_ops.evaluation.scrub_quality import measure as measured
    from semtel_ops.evaluation.scrub_table import tables

    outcomes = measured(_scrubber(engine), read_snippets(path))
    if not misses:
        click.echo(tables(outcomes))
        return
    for outcome in outcomes:
        if outcome.snippet.held_out:
            continue
        text = outcome.snippet.text
        for mark in outcome.missed:
            click.echo(f"{outcome.snippet.where}: missed {mark.type} {text[mark.start : mark.end]!r} in {text!r}")
        for one in outcome.wrong:
            click.echo(f"{outcome.snippet.where}: wrong {one.type} {text[one.start : one.end]!r} in {text!r}")


def _scrubber(engine: str) -> "Scrubber":
    from semtel_ops.conversations.scrub import make_scrubber
    from semtel_ops.settings import ScrubConfig

    return make_scrubber(ScrubConfig(engine=engine))

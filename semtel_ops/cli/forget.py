"""`semtel forget`: erase conversations from lake and ledger."""

from typing import Any

import click

from semtel_ops.cli.output import show


@click.command()
@click.option("--ids", "ids_file", required=True, help="Path or URL of a file with one conversation id per line.")
@click.option("--dry-run", is_flag=True, help="Count what would be removed, and what asking again would cost; change nothing.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, exists=True),
    help="Output folder of `semtel classify`, `experiment` or `align`, instead of the lake.",
)
@click.option("--despite-unfinished", is_flag=True, help="Erase although runs have not ended, which will never go on.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
def forget(as_json: bool, **options: Any) -> None:
    """Erase conversations from the lake and the ledger, and print a receipt. Later runs do not read them again.

    Published label shares stay as they were published. After an interruption, run the same command again: it continues. Exit
    code 1 if something could not be removed; the receipt names it.

    \b
    Examples:
      semtel forget --ids ids.txt --dry-run              # what would be removed where, and its price
      semtel forget --ids ids.txt --json > receipt.json
      semtel forget --ids s3://requests/ids.txt          # ids that lie elsewhere
      semtel forget --ids ids.txt --out labelled         # in a folder of `semtel classify`
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.erasure_request import receipt_lines
    from semtel_ops.steps.forget import forget_conversations

    receipt = forget_conversations(settings=Settings.from_env(), **options)
    if as_json:
        show(receipt, as_json=True)
    else:
        click.echo("\n".join(receipt_lines(receipt)))
    if receipt["state"] == "incomplete":
        raise click.exceptions.Exit(1)

"""`semtel forget`: erase conversations from lake and ledger."""

from typing import TYPE_CHECKING, Any

import click

from semtel_ops.cli.output import show
from semtel_ops.humanize import count, money, number, size

if TYPE_CHECKING:
    from semtel_ops.runs.documents import ForgetReceipt


@click.command()
@click.option("--ids", "ids_file", required=True, help="Path or URL of a file with one conversation id per line.")
@click.option("--dry-run", is_flag=True, help="Count what would be removed, and what asking again would cost; change nothing.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, exists=True),
    help="Output folder of `semtel classify` or `semtel experiment`, instead of the lake.",
)
@click.option("--despite-unfinished", is_flag=True, help="Erase although runs have not ended, which will never go on.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
def forget(as_json: bool, **options: Any) -> None:
    """Erase conversations from the lake and the ledger, and print a receipt. Later runs do not read them again.

    Published label shares stay as they were published. After an interruption, run the same command again: it continues. Exit
    code 1 if something could not be removed; the receipt names it.

    \b
    Examples:
      semtel forget --ids ids.txt --dry-run
      semtel forget --ids ids.txt --json > receipt.json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.forget import forget_conversations

    receipt = forget_conversations(settings=Settings.from_env(), **options)
    if as_json:
        show(receipt, as_json=True)
    else:
        click.echo("\n".join(receipt_lines(receipt)))
    if receipt["state"] == "incomplete":
        raise click.exceptions.Exit(1)


def receipt_lines(receipt: "ForgetReceipt") -> list[str]:
    """A receipt as a table for people."""
    dry = receipt["state"] == "dry_run"
    lines = [f"{'place':<20}  {'files':>7}  {'rows':>9}  {'bytes':>9}  what"]
    for place in receipt["places"]:
        counts = f"{number(place['files']):>7}  {number(place['rows']):>9}  {size(place['bytes']):>9}"
        lines.append(f"{place['place']:<20}  {counts}  {place['what']}")
    if not receipt["places"]:
        lines.append("nothing of these conversations was found")
    lines.append(
        f"{count(receipt['asked_again'], 'reply', 'replies')} also answered for other conversations; "
        f"asking for them again costs {money(receipt['cost_usd'])}"
    )
    for file in receipt["provider_files"]:
        done = "deleted" if file["deleted"] else "not deleted"
        lines.append(f"file {file['file_id']} at {file['endpoint']}: {done}")
    lines += [f"remaining: {line}" for line in receipt["remaining"]]
    lines += [f"elsewhere: {line}" for line in receipt["elsewhere"]]
    if dry:
        lines.append("dry run: nothing was changed; run without --dry-run to erase")
    elif receipt["state"] == "done":
        lines.append(
            f"done: {count(receipt['verified_files'], 'file')} read again, nothing found; request {receipt['request']}"
        )
    return lines

"""An erasure that a form asks for: counted first, erased when a person has approved; and a receipt as a table."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.errors import StoreError
from semtel_ops.humanize import count, money, number, size
from semtel_ops.runs.documents import ErasedPlace, ForgetReceipt
from semtel_ops.settings import Settings
from semtel_ops.steps.approval import APPROVE
from semtel_ops.steps.forget import forget_conversations

log = logging.getLogger(__name__)


class CountedErasure(TypedDict):
    """What an erasure would remove, and how it goes on.

    Attributes:
        receipt: of the dry run.
        subject, body: the question to a person.
        ask: whether a person is asked.
        erase: whether anything is to be erased.
    """

    receipt: ForgetReceipt
    subject: str
    body: str
    ask: bool
    erase: bool


def count_erasure(ids_file: str, *, approval: bool, dry_run: bool, settings: Settings) -> CountedErasure:
    """Count what would be removed. Changes nothing."""
    receipt = forget_conversations(ids_file, settings=settings, dry_run=True)
    lines = receipt_lines(receipt)
    log.info("%s", "\n".join(lines))
    rows = sum(place["rows"] for place in receipt["places"])
    return {
        "receipt": receipt,
        "subject": f"Erase {count(receipt['ids'], 'conversation')}: {count(rows, 'row')} in {receipt['root']}?",
        "body": "\n".join(["```", *lines, "```"]),
        "ask": approval and not dry_run,
        "erase": not dry_run,
    }


def erase_if_approved(
    ids_file: str,
    response: Mapping[str, Any] | None,
    *,
    settings: Settings,
    resolve_connection: ResolveConnection | None = None,
) -> dict[str, Any]:
    """Erase, unless a person decided against it; returns the receipt. `response`: of the approval; None if none was asked.

    Raises:
        StoreError: something could not be removed; the message names the receipt.
    """
    if response is not None and list(response["chosen_options"]) != [APPROVE]:
        log.info("not approved: nothing was erased")
        return {"state": "rejected"}
    receipt = forget_conversations(ids_file, settings=settings, dry_run=False, resolve_connection=resolve_connection)
    log.info("%s", "\n".join(receipt_lines(receipt)))
    if receipt["remaining"]:
        raise StoreError(
            f"request {receipt['request']}: {count(len(receipt['remaining']), 'thing')} could not be removed, such as "
            f"{receipt['remaining'][0]}; see forgotten/receipts/{receipt['request']}.json in {receipt['root']}"
        )
    return dict(receipt)


def receipt_lines(receipt: ForgetReceipt) -> list[str]:
    """A receipt for people: a table, what is left to do, and at the end what became of the request."""
    lines = [*_table(receipt["places"]), "", *_replies_and_files(receipt)]
    if receipt["remaining"]:
        lines += ["could not be removed:", *(f"  - {line}" for line in receipt["remaining"]), ""]
    lines += ["not reached by this command, for you to do:", *(f"  - {line}" for line in receipt["elsewhere"])]
    return [*lines, "", _outcome(receipt)]


def _table(places: Sequence[ErasedPlace]) -> list[str]:
    if not places:
        return ["nothing of these conversations was found"]
    width = max(len(place["place"]) for place in places)
    lines = [f"{'place':<{width}}  {'files':>7}  {'rows':>9}  {'bytes':>9}  what"]
    for place in places:
        counts = f"{number(place['files']):>7}  {number(place['rows']):>9}  {size(place['bytes']):>9}"
        lines.append(f"{place['place']:<{width}}  {counts}  {place['what']}")
    return lines


def _replies_and_files(receipt: ForgetReceipt) -> list[str]:
    lines = []
    if receipt.get("not_found"):
        lines.append(f"{number(receipt['not_found'])} of {count(receipt['ids'], 'id')} found in no file; are they spelt right?")
    if receipt["asked_again"]:
        lines.append(
            f"{count(receipt['asked_again'], 'reply', 'replies')} also answered for other conversations; "
            f"asking for them again costs {money(receipt['cost_usd'])}"
        )
    lines += [
        f"file {file['file_id']} at {file['endpoint']}: {'deleted' if file['deleted'] else 'not deleted'}"
        for file in receipt["provider_files"]
    ]
    return [*lines, ""] if lines else lines


def _outcome(receipt: ForgetReceipt) -> str:
    match receipt["state"]:
        case "dry_run":
            return "dry run: nothing was changed"
        case "done":
            read = count(receipt["verified_files"], "file")
            return f"done: {read} read again, nothing found; request {receipt['request']}"
        case state:
            again = "repair or remove what is named above, then run the same command again"
            return f"{state}: {again}; request {receipt['request']}"

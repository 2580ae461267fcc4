"""The result of a repair as files: repair.json, repair.md, and a folder of prompts with the proposal in its place."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from semtel_ops.experiments.gate import is_simulated
from semtel_ops.prompts.catalog import SUFFIX
from semtel_ops.repair import Confirmation, Found, Search, Verdict
from semtel_ops.repair.page_text import markdown
from semtel_ops.repair.parts import next_version
from semtel_ops.repair.result import Compared, Mutated, Repair, changes_of, reason_of
from semtel_ops.repair.trial import Trial
from semtel_ops.steps.repair_setup import RepairSetup
from semtel_ops.store.files import atomic_write, read_json, write_json


def result_of(setup: RepairSetup, search: Search, found: Found, looked: Confirmation | None, out: str) -> Repair:
    """What a repair found."""
    rows, start, winner = setup.rows, found.start, found.winner
    proposal: Mapping[str, Any] = _NO_PROPOSAL
    if winner is not None and looked is not None:
        spec = setup.prompts.spec(winner.trial.parts)
        assert spec is not None  # it was asked
        assert start.select is not None and winner.select is not None  # noqa: PT018
        path = f"{out}/prompts/{setup.classifier}{SUFFIX}"
        proposal = {
            "version": next_version(setup.source.parts.version),
            "fingerprint": spec.fingerprint,
            "prompt": path,
            "verdict": looked.verdict,
            "mutations": tuple(Mutated(*change) for change in winner.trial.changes),
            "changes": changes_of(setup.source.parts, winner.trial.parts),
            "search": Compared(start.search, winner.search),
            "select": Compared(start.select, winner.select),
            "confirm": Compared(search.score(start.trial, rows.confirm), search.score(winner.trial, rows.confirm)),
            "cost_per_1000_usd": _per_1000(winner.trial),
            "command": f"cp {shlex.quote(path)} {shlex.quote(str(setup.prompt_path))}",
        }
    return Repair(
        classifier=setup.classifier,
        title=setup.prompts.start.name,
        model=setup.endpoint.model,
        repaired_at=datetime.fromtimestamp(setup.resources.clock.now(), UTC),
        reference=setup.reference_is,
        set_hash=rows.confirm_hash,
        start_version=setup.source.parts.version,
        start_fingerprint=setup.prompts.start.fingerprint,
        reason=reason_of(looked, found.tried),
        confirmation=looked,
        cost_per_1000_start_usd=_per_1000(start.trial),
        rows=(len(rows.search), len(rows.select), len(rows.confirm)),
        tried=found.tried,
        refused={reason.value: n for reason, n in sorted(found.refused.items())},
        stopped=found.stopped,
        spent_usd=round(search.purse.spent_usd, 9),
        budget_usd=setup.options.search.budget_usd,
        simulated=is_simulated(setup.endpoint.model),
        **proposal,
    )


_NO_PROPOSAL: Mapping[str, Any] = {
    "version": None, "fingerprint": None, "prompt": None, "verdict": Verdict.NO_WINNER, "mutations": (), "changes": (),
    "search": None, "select": None, "confirm": None, "cost_per_1000_usd": None, "command": None,
}  # fmt: skip


def write_result(repair: Repair, setup: RepairSetup, found: Found, out: str) -> None:
    """Write the files. Prompts that are not repaired are copied, so that the folder can be given to `--prompts`."""
    if found.winner is not None:
        for file in sorted(setup.prompts_folder.iterdir()):
            if file.is_file() and file != setup.prompt_path:
                _write(f"{out}/prompts/{file.name}", file.read_bytes())
        _write(f"{out}/prompts/{setup.prompt_path.name}", setup.source.write(found.winner.trial.parts).encode())
    _write(f"{out}/repair.md", markdown(repair).encode())
    write_json(f"{out}/repair.json", TypeAdapter(Repair).dump_python(repair, mode="json"))


def read_result(out: str) -> Repair | None:
    """The result in a folder; None if there is none yet.

    Raises:
        DamagedFileError: repair.json is not what was written there.
    """
    document = read_json(f"{out}/repair.json")
    return None if document is None else TypeAdapter(Repair).validate_python(document)


def _write(url: str, content: bytes) -> None:
    with atomic_write(url) as file:
        file.write(content)


def _per_1000(trial: Trial) -> float | None:
    return None if trial.price_per_row_usd is None else 1_000 * trial.price_per_row_usd

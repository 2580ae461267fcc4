"""Answers that were given are waited for, and never taken for answers that were not; pure, over what was read."""

from dataclasses import replace
from typing import Any

import pytest

from semtel_ops.batch.completeness import Reading, incomplete, lost
from semtel_ops.endpoints.batch_client import RemoteJob, RemoteStatus

DONE = RemoteJob("b", RemoteStatus.COMPLETED, total=10, completed=10, failed=0, output_file_id="o")
WHOLE = Reading(10, named=1, lines=10, seen=10, understood=10)
NO_FILE = {"named": 0, "lines": 0, "seen": 0, "understood": 0}
NO_COUNTS: dict[str, Any] = {"total": None, "completed": None, "failed": None}
ZEROS = {"total": 0, "completed": 0, "failed": 0}
NONE_DONE = {"total": 10, "completed": 0, "failed": 0}

CASES = [
    # (id, fields of the job, fields of the reading, what it waits for, what is lost)
    ("all there", {}, {}, None, None),
    ("all there, without counts", NO_COUNTS, {}, None, None),
    ("all there, counters at zero", NONE_DONE, {}, None, None),
    ("openai-cookbook#1564: no file, null counts", NO_COUNTS, NO_FILE, "names no result file", "names no result file"),
    ("no file, counts", {}, NO_FILE, "names no result file", "reports 10 answers"),
    ("no file, nothing but zeros", ZEROS, NO_FILE, "names no result file", "names no result file"),
    ("no file, none of the requests processed", NONE_DONE, NO_FILE, None, None),
    ("litellm#18734: 404", {}, {**NO_FILE, "named": 1, "unavailable": "file o: 404"}, "file o: 404", "file o: 404"),
    ("404 of the errors alone", {"completed": 8, "failed": 2}, {"seen": 8, "understood": 8, "unavailable": "e"}, "e", "e"),
    ("404 of errors that are none", {}, {"named": 2, "unavailable": "e"}, None, None),
    ("empty files", NO_COUNTS, {**NO_FILE, "named": 1}, "have 0 of 10", "are empty"),
    ("Azure: empty error file, none processed", NONE_DONE, {**NO_FILE, "named": 1}, None, None),
    ("HTML", {}, {**NO_FILE, "named": 1, "lines": 3}, "none of 3 lines", "none of 3 lines"),
    ("cut", {}, {"seen": 6, "understood": 6, "cut": True}, "within a line", None),
    ("cut to less than half", {}, {"seen": 4, "understood": 4, "cut": True}, "within a line", "4 of 10 results"),
    ("cut, without counts", NO_COUNTS, {"seen": 6, "understood": 6, "cut": True}, "within a line", None),
    ("lines lost", {}, {"seen": 9, "understood": 9}, "have 9 of 10", None),
    ("lines lost, without counts", NO_COUNTS, {"seen": 9, "understood": 9}, "have 9 of 10", None),
    ("some lines malformed", {}, {"understood": 1}, None, None),
    ("all lines malformed", {}, {"understood": 0, "problem": "its status is 0"}, None, "its status is 0"),
    ("the few lines there are malformed", {}, {"seen": 2, "understood": 0}, "have 2 of 10", "none of 2 results"),
    ("expired, answers in files", {"status": "expired", "completed": 4}, {"seen": 4, "understood": 4}, None, None),
    ("expired, nothing processed", {"status": "expired", **NONE_DONE}, NO_FILE, None, None),
    ("expired, without counts", {"status": "expired", **NO_COUNTS}, NO_FILE, None, None),
    ("expired, answers without file", {"status": "expired", "completed": 4}, NO_FILE, "names no", "reports 4 answers"),
    ("cancelled, nothing processed", {"status": "cancelled", **NONE_DONE}, NO_FILE, None, None),
    ("cancelled, answers without file", {"status": "cancelled", "completed": 4}, NO_FILE, "names no", None),
    ("counts beyond the requests", {"completed": 99}, {}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("job", "read", "waits", "gone"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_what_is_waited_for_and_what_is_lost(
    job: dict[str, Any], read: dict[str, Any], waits: str | None, gone: str | None
) -> None:
    remote = replace(DONE, **{**job, "status": RemoteStatus(job.get("status", "completed"))})
    reading = replace(WHOLE, **read)
    for expected, said in ((waits, incomplete(remote, reading)), (gone, lost(remote, reading))):
        assert (said is None) is (expected is None), said
        assert (expected or "") in (said or "")

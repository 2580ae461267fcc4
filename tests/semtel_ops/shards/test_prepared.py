"""What is sent of a conversation: compressed, then cut to its budget, and what that did to it."""

from pathlib import Path
from typing import Any

import pytest

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.errors import StoreError
from semtel_ops.runs.plan import Reprocess, RunPlan
from semtel_ops.runs.selection import Selection
from semtel_ops.settings import TokensConfig
from semtel_ops.shards.prepared import PreparedTotals, leaves_no_file, prepare_turns, prepared_batches, prepared_rows
from semtel_ops.store.tables import PREPARED
from semtel_ops.testing.landed import make_landed_rows, write_landed
from semtel_ops.tokens import TiktokenCounter, make_compressor
from semtel_ops.tokens.truncate import cost_tokens
from tests.support.shards import WEEK, conversation_row, make_plan, prepared_row, write_conversations, write_prepared

_COUNTER = TiktokenCounter()
_CONFIG = TokensConfig(max_per_conversation=120)
_SHORT = (Turn(Role.USER, "How do I sort a list?"), Turn(Role.ASSISTANT, "Call sorted()."))
_LONG = (Turn(Role.USER, " ".join(f"word{n}" for n in range(400))), Turn(Role.ASSISTANT, "Understood."))
_PASTE = (Turn(Role.USER, "Why?\n```\n" + "\n".join(f"total_{n} = compute({n})" for n in range(90)) + "\n```"),)


def _prepare(turns: tuple[Turn, ...], config: TokensConfig = _CONFIG) -> Any:
    return prepare_turns(turns, config, _COUNTER, make_compressor(config))


def test_a_short_conversation_is_sent_as_it_is_and_not_counted() -> None:
    prepared = _prepare(_SHORT)
    assert prepared.turns == _SHORT
    assert (prepared.original_tokens, prepared.truncated_tokens, prepared.compression_ratio) == (None, 0, 1.0)


def test_a_long_conversation_is_cut_to_the_budget_and_says_by_how_much() -> None:
    prepared = _prepare(_LONG)
    assert cost_tokens(prepared.turns, _COUNTER) <= 120
    assert prepared.original_tokens == cost_tokens(_LONG, _COUNTER)
    assert f"[… {prepared.truncated_tokens} tokens cut …]" in prepared.turns[0].content


def test_compression_comes_first_and_may_spare_the_cut() -> None:
    config = TokensConfig(max_per_conversation=400)
    prepared = _prepare(_PASTE, config)
    assert prepared.truncated_tokens == 0
    assert prepared.original_tokens == cost_tokens(_PASTE, _COUNTER) > 400
    assert prepared.compression_ratio < 0.5
    assert "lines folded" in prepared.turns[0].content
    without = _prepare(_PASTE, config.model_copy(update={"compression": "none"}))
    assert without.compression_ratio == 1.0
    assert without.truncated_tokens > 0


def test_totals_are_summed_over_every_conversation_that_is_added() -> None:
    totals = PreparedTotals()
    short, long = _prepare(_SHORT), _prepare(_LONG)
    totals.add([short, long])
    totals.add([long])
    assert (totals.rows, totals.truncated) == (3, 2)
    assert totals.truncated_tokens == 2 * long.truncated_tokens
    assert totals.ratio == pytest.approx(short.compression_ratio + 2 * long.compression_ratio)


def plan_of(folder: Path, base: dict[str, str] | None = None, **fields: Any) -> RunPlan:
    """A run over conversations c0 to c2; `base` makes it a reprocess, and says what status each had for topic."""
    if base is not None:
        fields["reprocess"] = Reprocess(
            base_run="r0", selection=Selection(), asked_rows=1, fresh=False, weeks=(WEEK,), approval=True,
            requested_by="ada", reason="the endpoint failed",
        )  # fmt: skip
    plan = make_plan(folder, config={"tokens": _CONFIG.model_dump()}, classifiers=("topic",), **fields)
    if base is not None:
        rows = make_landed_rows(run_id="r0", conversations=len(base), labels={"topic": {"science": 1}}, shards=1, success=1.0)
        statuses = base.items()
        write_landed(
            plan.paths,
            [
                {**row, "conversation_id": name, "status": status, "label": "science" if status == "success" else None}
                for row, (name, status) in zip(rows, statuses, strict=True)
            ],
        )
    turns = [[{"role": turn.role.value, "content": turn.content} for turn in of] for of in (_SHORT, _LONG, _SHORT)]
    write_conversations(plan, [conversation_row(at, turns=said) for at, said in enumerate(turns)])
    return plan


def test_batches_have_a_row_for_each_conversation_in_the_files_order(tmp_path: Path) -> None:
    plan, totals = plan_of(tmp_path), PreparedTotals()
    batches = list(prepared_batches(plan, 0, make_compressor(plan.config.tokens), totals))
    assert all(batch.schema == PREPARED for batch in batches)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [row["conversation_id"] for row in rows] == ["c0", "c1", "c2"]
    assert [turn["role"] for turn in rows[1]["turns"]] == ["user", "assistant"], "turns stay with their conversation"
    assert rows[0]["turns"] == rows[2]["turns"] != rows[1]["turns"]
    assert (totals.rows, totals.truncated_tokens) == (3, rows[1]["truncated_tokens"])


def test_a_reprocess_prepares_only_conversations_with_a_row_to_ask(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"c0": "success", "c1": "error", "c2": "success"})
    totals = PreparedTotals()
    batches = prepared_batches(plan, 0, make_compressor(plan.config.tokens), totals)
    assert [row["conversation_id"] for batch in batches for row in batch.to_pylist()] == ["c1"]
    assert totals.rows == 1


def test_a_run_reads_the_file_that_prepare_wrote(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    with pytest.raises(StoreError, match="run the step that writes it first"):
        list(prepared_rows(plan, 0))
    write_prepared(plan, [prepared_row(7)])
    assert [row["conversation_id"] for row in prepared_rows(plan, 0)] == ["c7"]


def test_the_dry_run_of_a_reprocess_prepares_again_and_leaves_no_file(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"c0": "error", "c1": "success", "c2": "error"}, dry_run=True)
    first = list(prepared_rows(plan, 0))
    assert [row["conversation_id"] for row in first] == ["c0", "c2"]
    assert list(prepared_rows(plan, 0)) == first
    assert not Path(plan.folder.prepared(0)).exists()


@pytest.mark.parametrize(
    ("base", "dry_run", "nothing"), [(None, True, False), ({"c0": "error"}, False, False), ({"c0": "error"}, True, True)]
)
def test_only_the_dry_run_of_a_reprocess_has_no_prepared_file(
    tmp_path: Path, base: dict[str, str] | None, dry_run: bool, nothing: bool
) -> None:
    assert leaves_no_file(plan_of(tmp_path, base, dry_run=dry_run)) is nothing

"""
### Compare a new model or prompt with the one that labels now

Before a new model labels a week: label the same conversations with the incumbent and with each candidate, twice each, and
compare shares, single conversations and, where people have labelled, who is right more often.

`plan` → `forecast` → `realtime` or `batch` (one task per labeller and repeat) → `compare` → `report` → `propose` →
`needs_approval` → `approve` → `adopt`

**Start with a dry run.** *Dry run* is ticked by default: the log of `forecast` has the requests and the cost of each labeller.
Then trigger again without it, with the same name. *Maximum cost* applies to the whole alignment.

**The conversations** are drawn from the last published week, in proportion to its labels; another alignment of the week draws
the same. All conversations that people have labelled are added: they say who is right. Replies on record are reused.

**Read the result.** A button in the *Details* of `report` opens it. Each classifier has a verdict:

| Verdict | Meaning | Decision |
|---|---|---|
| `same` | every label's share stays within the margin | adopt |
| `shifted` | a share changed; not necessarily for the worse | adopt with a bridge week |
| `worse` | people agree less, or more than 5% of the rows have no usable label | adjust the prompt |
| `unclear` | more conversations are needed; the page says how many | hold |

**Approval.** If a candidate can be adopted, `approve` waits under *Required Actions*. Adopted, weekly runs may use it where the
endpoints file names it. Without an answer within 7 days, nothing changes. `semtel align adopt` does the same from a shell.

| Failed task | Cause | What to do |
|---|---|---|
| `plan` | The form or a file is invalid, or the name belongs to another alignment | Correct it, then *Clear* |
| `realtime.*`, `batch.*` | The budget is spent | Trigger again with the same name and a higher *Maximum cost* |
| `realtime.*`, `batch.*` | An endpoint fails | Correct the cause, then *Clear*: it continues |
| `compare` | A labeller has not answered everything | *Clear* its task |

Clearing is always safe: repeating a task changes nothing, and no request is paid for twice.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, chain, get_current_context, task

from semtel_airflow.align_form import align_params, labeller_of_run
from semtel_airflow.defaults import ADHOC_ARGS, SHARD_TIMEOUT
from semtel_airflow.lanes import label_shards
from semtel_airflow.operators import AlignmentPageOperator
from semtel_airflow.xcom_args import or_fail, or_skip
from semtel_ops.runs.refs import RoutedShard, ShardManifest, ShardResult

DECIDE_WITHIN = timedelta(days=7)
"""A question without an answer changes nothing after this time."""


@task
def plan() -> str:
    """Check the form and the files, draw the conversations, and name the labellers. Returns the URL of the alignment."""
    from semtel_airflow.align_form import align_request_of
    from semtel_airflow.connections import resolve_connection
    from semtel_ops.steps.align_plan import plan_in_environment

    context = get_current_context()
    name, request = align_request_of(context["params"], run_id=context["dag_run"].run_id)
    return plan_in_environment(request, alignment_id=name, resolve_connection=resolve_connection)


@task(execution_timeout=SHARD_TIMEOUT)
def forecast(alignment: str) -> list[RoutedShard]:
    """Log the requests and the cost of each labeller, and prepare what they are asked. A dry run ends here."""
    from semtel_airflow.connections import resolve_connection
    from semtel_ops.steps.align import begin_planned

    return begin_planned(alignment, resolve_connection=resolve_connection)


@task(trigger_rule="all_done")
def compare(
    alignment: str,
    shards: list[RoutedShard] | None,
    realtime: list[ShardResult] | None,  # noqa: ARG001 - it waits for them
    batch: list[ShardManifest] | None,  # noqa: ARG001
    rescued: list[ShardManifest] | None,  # noqa: ARG001
) -> dict[str, Any]:
    """Compare each candidate with the incumbent and record the results. Fails if a labeller has not answered everything."""
    from semtel_ops.steps.align_compare import compare_alignment

    if shards is None:
        or_fail(shards)
    or_skip(shards)
    return compare_alignment(alignment)


@task(multiple_outputs=True)
def propose(alignment: str) -> dict[str, Any]:
    """Choose the candidate that may be adopted, and write the question."""
    from semtel_ops.steps.align_adopt import propose_adoption

    return propose_adoption(alignment)


@task.short_circuit
def needs_approval(ask: bool) -> bool:
    """Skip the question if no candidate can be adopted."""
    return ask


@task
def adopt(alignment: str, candidate: str, response: dict[str, Any] | None) -> dict[str, Any]:
    """Record the decision, for the gate of weekly runs."""
    from semtel_ops.steps.align_adopt import record_answer

    return record_answer(alignment, candidate, response)


with DAG(
    "model_alignment",
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it has no schedule: it runs when a person triggers it
    max_active_runs=4,
    default_args=ADHOC_ARGS,
    params=align_params(),
    user_defined_macros={"labeller_of_run": labeller_of_run},
    doc_md=__doc__,
    description="Compares a new model or prompt with the one that labels now, and lets a person adopt it.",
    tags=["semantic-telemetry", "alignment", "llm"],
):
    alignment = plan()
    shards = forecast(alignment)
    labelled = label_shards(shards, named="labeller_of_run")
    compared = compare(alignment, shards, **labelled._asdict())
    report = AlignmentPageOperator(
        task_id="report", alignment=alignment, doc_md="Write the page with the verdicts; a button under *Details* opens it."
    )
    question = propose(alignment)
    approve = HITLOperator(
        task_id="approve",
        options=["Adopt", "Keep the incumbent"],
        subject=question["subject"],
        body=question["body"],
        response_timeout=DECIDE_WITHIN,
        execution_timeout=None,
        defaults="Keep the incumbent",
        doc_md="Wait for a decision, without occupying a worker. *Adopt* lets weekly runs use the candidate.",
    )
    chain(compared, report, question)
    chain(needs_approval(question["ask"]), approve, adopt(question["alignment"], question["candidate"], approve.output))

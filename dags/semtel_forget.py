"""
### Erase conversations

For people who ask that their conversations are erased. Write the ids of their conversations to a file that the workers can
read, one per line, and give its path or URL. The form has no field for ids: Airflow keeps forms in its database.

1. `count`: what would be removed where, and what asking again would cost
2. `needs_approval` → `approve`
3. `erase`

**Start with a dry run.** *Dry run* is ticked by default: the log of `count` has the table. Then trigger again without it.

**What is erased.** Conversations leave the samples, prepared text, replies, rows, published labels (files and SQL), the
quarantine and the examples in reports. Later runs do not read them again. Published label shares stay as they were published.
The receipt is in `forgotten/receipts/` in the lake and names what lies elsewhere, such as backups and the source.

| Failed task | Cause | What to do |
|---|---|---|
| `count` | The file cannot be read or has no ids | Trigger again |
| `erase` | A run has not ended; the message names it. Nothing is erased yet | Wait, then *Clear* |
| `erase` | Something could not be removed; the receipt names it | Repair or remove it, then *Clear* |

Clearing is always safe: `erase` goes on where it stopped.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, chain, get_current_context, task

from semtel_airflow.defaults import ADHOC_ARGS, SHARD_TIMEOUT
from semtel_airflow.forget_form import forget_params
from semtel_airflow.xcom_args import or_skip

DECIDE_WITHIN = timedelta(days=7)
"""An approval without an answer counts as rejected after this time."""


@task(multiple_outputs=True, execution_timeout=SHARD_TIMEOUT)
def count() -> dict[str, Any]:
    """Count what would be removed where, and what asking again would cost. Changes nothing."""
    from semtel_ops.settings import Settings
    from semtel_ops.steps.erasure_request import count_erasure

    params = get_current_context()["params"]
    counted = count_erasure(
        params["ids_file"], approval=params["approval"], dry_run=params["dry_run"], settings=Settings.from_env()
    )
    return dict(counted)


@task.short_circuit(ignore_downstream_trigger_rules=False)
def needs_approval(ask: bool) -> bool:
    """Skip `approve` in a dry run, or if the form does not ask for approval."""
    return ask


@task(trigger_rule="none_failed", execution_timeout=SHARD_TIMEOUT)
def erase(go: bool, response: dict[str, Any] | None) -> dict[str, Any]:
    """Erase the conversations and write the receipt. Skipped in a dry run; erases nothing if a person rejected it."""
    from semtel_airflow.connections import resolve_connection
    from semtel_ops.settings import Settings
    from semtel_ops.steps.erasure_request import erase_if_approved

    or_skip(go)
    ids_file = get_current_context()["params"]["ids_file"]
    return erase_if_approved(ids_file, response, settings=Settings.from_env(), resolve_connection=resolve_connection)


with DAG(
    "semtel_forget",
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it has no schedule: it runs when a person triggers it
    max_active_runs=1,  # two erasures would replace the same files
    default_args=ADHOC_ARGS,
    params=forget_params(),
    doc_md=__doc__,
    description="Erases conversations from lake and ledger, with a receipt, once a person approves.",
    tags=["semantic-telemetry", "privacy"],
):
    counted = count()
    # Not the approval operator: it would skip `erase`, which says in its result that it was rejected.
    approve = HITLOperator(
        task_id="approve",
        options=["Approve", "Reject"],
        subject=counted["subject"],
        body=counted["body"],
        response_timeout=DECIDE_WITHIN,
        execution_timeout=None,
        defaults="Reject",
        doc_md="Wait for a decision, without occupying a worker. *Approve* erases the conversations; *Reject* changes nothing.",
    )
    chain(needs_approval(counted["ask"]), approve)
    erase(counted["erase"], approve.output)

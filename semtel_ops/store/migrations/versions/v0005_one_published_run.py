"""At most one published run for each week, and an index of batch jobs by queue and submission.

That a week has one published run was a rule of the code alone; the database now enforces it. Where a ledger breaks the
rule, the run whose shares are the week's stays published, or else the one that started last; the others are superseded.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# By week, the run that started last first.
_PUBLISHED = """
    SELECT week, run_id FROM run WHERE state = 'published'
    ORDER BY week, started_at IS NULL, started_at DESC, run_id DESC
"""
_RUN_OF_SHARES = "SELECT DISTINCT week, run_id FROM weekly_share"
_SUPERSEDE = "UPDATE run SET state = 'superseded' WHERE week = :week AND run_id = :run_id"


def upgrade() -> None:
    _supersede_extra_published_runs()
    published = sa.text("state = 'published'")
    op.create_index("published_run_of_week", "run", ["week"], unique=True, sqlite_where=published, postgresql_where=published)
    # What decides between lanes and judges a batch under way looks at the latest jobs of a queue, at each poll.
    op.create_index("batch_job_by_submission", "batch_job", ["queue", "submitted_at"])
    # Releases before migrations open any ledger that has no other number here than theirs, which is 4.
    op.execute("UPDATE schema_version SET version = 5")


def _supersede_extra_published_runs() -> None:
    connection = op.get_bind()
    runs: dict[str, list[str]] = {}
    for week, run_id in connection.execute(sa.text(_PUBLISHED)):
        runs.setdefault(week, []).append(run_id)
    run_of_shares: dict[str, str] = dict(connection.execute(sa.text(_RUN_OF_SHARES)).tuples().all())
    for week, published in runs.items():
        kept = run_of_shares.get(week)
        kept = kept if kept in published else published[0]
        for run_id in published:
            if run_id != kept:
                connection.execute(sa.text(_SUPERSEDE), {"week": week, "run_id": run_id})

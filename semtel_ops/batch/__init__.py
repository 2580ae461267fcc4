"""The batch lane: requests in files, jobs that take hours, and answers that are merged exactly once.

Here: job files, submission that survives a crash at any point, the queue of a deployment, polling, reading results. Not here:
Airflow, which requests a shard needs and its rows (`shards`), HTTP and the format of lines (`endpoints`), the record of jobs
(`store.batch_ledger`). README.md explains the design. Import `submission` and `collection` from their modules, since
they import SQLAlchemy.
"""

from semtel_ops.batch.job_file import Caps, JobFile, Target, write_job_files
from semtel_ops.batch.polling import Action, Decision, PollPolicy, Watch, decide

__all__ = [
    "Action",
    "Caps",
    "Decision",
    "JobFile",
    "PollPolicy",
    "Target",
    "Watch",
    "decide",
    "write_job_files",
]

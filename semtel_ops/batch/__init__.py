"""Ask cheaply: requests in files, jobs that take hours, answers merged back exactly once.

Here: job files, submission that survives a crash at any point, the queue of a deployment, when to look again, reading results.
Not here: Airflow, which requests a shard needs and what its rows are (`steps`), the wire and the format of lines (`endpoints`),
where jobs are written down (`store.batch_ledger`). README.md says why it is built this way. Import `submission` and
`collection` from their modules: they bring SQL.
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

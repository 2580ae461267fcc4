"""How the jobs of a shard stand, in one line for people who look into a log."""

from collections import Counter
from collections.abc import Sequence

from semtel_ops.batch.polling import PollPolicy, Watch, next_look


def tell(watches: Sequence[Watch], now: float, policy: PollPolicy, *, waiting: int = 0) -> str:
    """Jobs by state, requests answered, the age of the oldest and when the next look is due.

    Args:
        waiting: jobs that are not submitted yet.
    """
    parts = [_jobs(watches, waiting)]
    if watches:
        parts.append(_requests(watches))
        parts.append(f"{_for_people(now - min(watch.submitted_at for watch in watches))} since the first was submitted")
    parts += [f"no look at {watch.provider_id} succeeds: {watch.problem}" for watch in watches if watch.failures][:1]
    running = [watch for watch in watches if not watch.status.ended]
    if running:
        parts.append(f"next look in {_for_people(min(next_look(watch, policy) for watch in running) - now)}")
    return "; ".join(parts)


def _jobs(watches: Sequence[Watch], waiting: int) -> str:
    states = [f"{count} {status.value.replace('_', ' ')}" for status, count in Counter(w.status for w in watches).items()]
    if waiting:
        states.append(f"{waiting} not submitted yet")
    return f"batch jobs: {', '.join(states) or 'none'}"


def _requests(watches: Sequence[Watch]) -> str:
    """What providers count; some count nothing until a job has ended."""
    counted = [watch for watch in watches if watch.completed is not None and watch.total is not None]
    if not counted:
        return "no requests counted yet"
    done, total = sum(watch.completed or 0 for watch in counted), sum(watch.total or 0 for watch in counted)
    failed = sum(watch.failed or 0 for watch in counted)
    return f"{done:,} of {total:,} requests answered" + (f", {failed:,} failed" if failed else "")


def _for_people(seconds: float) -> str:
    if seconds < 120:
        return f"{max(0.0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"

"""Error messages of failed tasks, read from Airflow's log files."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ERROR = re.compile(r"[A-Za-z_.]+(Error|Exception|Timeout)\b.*: ")


def log_file(task_logs: Path, instance: Mapping[str, Any]) -> Path:
    """Where Airflow writes the log of a task instance's latest try."""
    folder = task_logs / f"dag_id={instance['dag_id']}" / f"run_id={instance['dag_run_id']}" / f"task_id={instance['task_id']}"
    if instance.get("map_index", -1) >= 0:
        folder /= f"map_index={instance['map_index']}"
    return folder / f"attempt={max(1, instance.get('try_number') or 1)}.log"


def excerpt(log: Path, count: int = 8) -> list[str]:
    """The last lines of a task's log; an exception as its type and message, without the frames."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ["(no log file)"]
    messages = [text for line in lines[-200:] for text in _messages(line)]
    return messages[-count:]


def reason(log: Path) -> str:
    """Why a task failed: its last exception in one line."""
    errors = [line for line in excerpt(log, count=200) if _ERROR.match(line)]
    return errors[-1].splitlines()[0] if errors else "see its log"


def _messages(line: str) -> list[str]:
    try:
        entry = json.loads(line)
    except ValueError:
        return [line] if line.strip() else []
    if not isinstance(entry, dict):
        return [line]
    errors = [error for error in entry.get("error_detail") or [] if isinstance(error, dict)]
    message = f"{str(entry.get('level', '')).upper()} {entry.get('event', '')}".strip()
    return [message, *(f"{error.get('exc_type', 'error')}: {error.get('exc_value', '')}" for error in errors)]

"""Folder names of runs: readable, and different for different run ids."""

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# `manual__2026-11-23T00:00:00.123456+00:00` and its kin; their colons and plus sign can only be read back in one way.
_TIME = r"\d{4}-\d{2}-\d{2}T\d{2}{c}\d{2}{c}\d{2}(\.\d+)?{p}\d{2}{c}\d{2}"
_AIRFLOW = re.compile(r"[A-Za-z_]+__" + _TIME.replace("{c}", ":").replace("{p}", r"\+") + r"(_[A-Za-z0-9]+)?")
_AIRFLOW_NAME = re.compile(r"[A-Za-z_]+__" + _TIME.replace("{c}", "-").replace("{p}", "-") + r"(_[A-Za-z0-9]+)?")


def plain_name(run_id: str) -> str:
    """The name with everything but letters, digits, dots, dashes and underscores as dashes; not unique."""
    return _UNSAFE.sub("-", run_id)


def slug(run_id: str) -> str:
    """The folder name of a run id.

    The id itself, or an id of Airflow with dashes for colons and plus sign; any other id is followed by a tilde, which no
    such name contains, and a digest.
    """
    plain = plain_name(run_id)
    own = (plain == run_id and not _AIRFLOW_NAME.fullmatch(run_id) and run_id not in {".", ".."}) or _AIRFLOW.fullmatch(run_id)
    return plain if own else f"{plain}~{hashlib.blake2b(run_id.encode(errors='surrogatepass'), digest_size=6).hexdigest()}"

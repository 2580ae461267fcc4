"""Permissions of the page, decided by Airflow's auth manager.

A user who may read the weekly DAG may see the page. A user who may edit connections has access to the source and the lake
anyway, and may read conversations here, with personal data replaced, if SEMTEL_PAGE_TEXT is on. Other users never may.
"""

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException

from semtel_ops.settings import Settings

DAG_ID = "semantic_telemetry_weekly"

may_see_the_page = Depends(requires_access_dag("GET", param_dag_id=DAG_ID))


def may_read_text(user: GetUserDep) -> bool:
    """Whether this user may read conversations on the page."""
    if not Settings.from_env().page_text:
        return False
    return get_auth_manager().is_authorized_connection(method="PUT", details=ConnectionDetails(), user=user)


MayReadText = Annotated[bool, Depends(may_read_text)]


def reader_of_text(allowed: MayReadText, user: GetUserDep) -> str:
    """Return the name of the user.

    Raises:
        HTTPException: 403, the user may not read conversations.
    """
    if not allowed:
        raise HTTPException(403, "conversation text is turned off (SEMTEL_PAGE_TEXT), or your role may not edit connections")
    return str(user.get_name())


ReaderOfText = Annotated[str, Depends(reader_of_text)]

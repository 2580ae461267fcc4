"""Who may see what: Airflow decides, by what it already protects.

Whoever may read the weekly DAG may see the page. Whoever may edit connections holds the keys to the conversations anyway, and
may read (scrubbed) text here, where this installation has switched that on; a viewer never may.
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
    """Whether this person may read conversations here."""
    if not Settings.from_env().page_text:
        return False
    return get_auth_manager().is_authorized_connection(method="PUT", details=ConnectionDetails(), user=user)


MayReadText = Annotated[bool, Depends(may_read_text)]


def reader_of_text(may: MayReadText, user: GetUserDep) -> str:
    """The name of a person who may read conversations; anybody else is refused."""
    if not may:
        raise HTTPException(403, "conversation text is turned off (SEMTEL_PAGE_TEXT), or your role may not edit connections")
    return str(user.get_name())


ReaderOfText = Annotated[str, Depends(reader_of_text)]

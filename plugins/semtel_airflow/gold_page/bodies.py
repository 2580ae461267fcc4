"""The bodies of requests that change something, and the check that they come from the page itself.

A browser sends the header only for scripts of the same origin: others need a permission that the server never gives.
"""

from typing import Annotated

from fastapi import Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field

FROM_THE_PAGE = "label"
_ID = Field(min_length=1, max_length=1_000, pattern=r"^[^\x00-\x1f\x7f]+$")
_WORD = Field(min_length=1, max_length=100, pattern=r"^[a-z][a-z0-9_]*$")


class AnswerBody(BaseModel):
    """A label, or a conversation that was passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)

    draw_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    classifier: str = _WORD
    conversation_id: str = _ID
    label: Annotated[str, _WORD] | None = None
    labels: list[Annotated[str, _WORD]] | None = Field(default=None, max_length=500)
    skipped: bool = False
    seconds: float | None = Field(default=None, ge=0, le=1e9)


def from_the_page(
    x_semtel_gold: Annotated[str | None, Header()] = None, sec_fetch_site: Annotated[str | None, Header()] = None
) -> None:
    """Refuse what another site made the browser send.

    Raises:
        HTTPException: 403.
    """
    if x_semtel_gold != FROM_THE_PAGE or sec_fetch_site not in (None, "same-origin"):
        raise HTTPException(403, "labels are only accepted from the labelling page")

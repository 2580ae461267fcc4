"""refusals/shard=NNNN.json: what endpoints said when they did not answer."""

from typing import TypedDict


class RefusalCount(TypedDict):
    """Failed calls of one kind at one endpoint.

    Attributes:
        endpoint: its name.
        kind: kind of the error; `other` for kinds beyond the fiftieth, counted together for each endpoint.
        status: HTTP status; None if no reply arrived.
        code: the provider's error code; None if it gave none.
        words: the first of these errors in the provider's words, shortened, without quotations, personal data and secrets.
        count: failed calls, those included after which the request succeeded.
        first_at, last_at: time of the first and of the latest.
        example_id: a conversation that the first request was about; None for requests of batch jobs.
    """

    endpoint: str
    kind: str
    status: int | None
    code: str | None
    words: str
    count: int
    first_at: float
    last_at: float
    example_id: str | None


class RefusalsDocument(TypedDict):
    """refusals/shard=NNNN.json: failed calls of all tasks of a shard by what the endpoint said. Absent if no call failed.

    Attributes:
        refusals: in the order of their first occurrence; at most 50, and one of kind `other` for each endpoint.
    """

    refusals: list[RefusalCount]

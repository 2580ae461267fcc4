"""The request of an alignment, from a form or a command line."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from semtel_ops.endpoints import Lane


class AlignRequest(BaseModel):
    """Request of a form or command line.

    Attributes:
        week: a published week whose conversations are compared; None: the last. Of files, the week that they are taken as.
        source: files; None: the conversations of a published week.
        incumbent: name of an entry in endpoints.yaml; None: that of the model that labelled the week.
        candidates: names of entries in endpoints.yaml.
        rows: conversations in the set.
        gold: path or URL of a JSONL file with labels by people.
        margin: change of a label's share that is small enough to be called the same; 0.02 is two points.
        prompts: folder of prompt files, where they are not those of the include folder.
        candidate_prompts: folder of the candidates' prompt files, where they differ.
        strategy: plain requests, or shared as in pipeline.yaml.
        max_cost_usd: stop asking before more than this is spent by the whole alignment.
        dry_run: forecast and ask nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    week: str | None = None
    source: tuple[str, ...] | None = None
    classifiers: tuple[str, ...] | None = None
    endpoints: str | None = None
    incumbent: Annotated[str, Field(min_length=1)] | None = None
    candidates: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    rows: Annotated[int, Field(ge=20, le=1_000_000)] = 2_000
    gold: str | None = None
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.02
    prompts: str | None = None
    candidate_prompts: str | None = None
    lane: Lane = Lane.REALTIME
    strategy: Literal["plain", "configured"] = "plain"
    max_cost_usd: Annotated[float, Field(gt=0)] | None = None
    dry_run: bool = False

"""What a kind of endpoint is: the settings of its own in endpoints.yaml, the lanes it serves, and who talks to it.

A kind is one module in `kinds` and one name in `factory.KINDS`; everything else reads it there. docs/recipes/endpoint-kind.md
adds one from beginning to end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from semtel_ops.endpoints.batch_client import JobLines, MakeBatchClient
from semtel_ops.endpoints.client import MakeChatClient
from semtel_ops.endpoints.model import Endpoint, KindOptions, Lane


@dataclass(frozen=True, slots=True)
class BatchSupport:
    """The batch lane of a kind.

    Attributes:
        client: talks to the files and jobs of an endpoint.
        lines: what a request looks like in an input file, and an answer in a result file.
        max_requests: most requests in one input file.
        max_bytes: most bytes in one input file. Providers mean decimal megabytes; stay a little below, since a file just over
            the limit is refused whole.
        model: what lines name as their model, and whose queue of tokens a job counts against.
    """

    client: MakeBatchClient
    lines: JobLines
    max_requests: int
    max_bytes: int
    model: Callable[[Endpoint], str] = attrgetter("model")


@dataclass(frozen=True, slots=True)
class EndpointKind:
    """One way to talk to a provider.

    Attributes:
        name: `kind` in endpoints.yaml.
        summary: what it is for, in one line; documentation and forms show it.
        lanes: what an endpoint of this kind may offer; another lane in endpoints.yaml is refused.
        chat: makes the client of the realtime and flex lanes. It is called inside a running event loop.
        batch: None where the provider has no batch API that we speak.
        options: settings of this kind's own, which stand beside the common ones in endpoints.yaml.
    """

    name: str
    summary: str
    lanes: frozenset[Lane]
    chat: MakeChatClient
    batch: BatchSupport | None = None
    options: type[KindOptions] = KindOptions

    def __post_init__(self) -> None:
        if (Lane.BATCH in self.lanes) is not (self.batch is not None):
            raise ValueError(f"kind {self.name!r}: the batch lane and `batch` must be given together")

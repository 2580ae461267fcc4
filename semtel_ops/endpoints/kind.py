"""What a kind of endpoint consists of: its own settings in endpoints.yaml, its lanes, and its clients.

A kind is a module in `kinds` and an entry in `factory.KINDS`; everything else reads it there, except for Airflow's connection
form, which is plain data. docs/recipes/endpoint-kind.md adds a kind from beginning to end.
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
        client: creates the client for files and jobs of an endpoint.
        lines: the format of requests in input files and of answers in result files.
        max_requests: most requests in an input file.
        max_bytes: most bytes in an input file. Providers mean decimal megabytes; stay a little below, since a file that is too
            large is refused as a whole.
        model: returns the model that lines name, whose queue of tokens a job counts against.
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
        summary: a line for documentation and forms.
        lanes: that endpoints of this kind may offer; another lane in endpoints.yaml is an error.
        chat: creates the client of the realtime and flex lanes; called inside a running event loop.
        batch: None if the provider has no supported batch API.
        options: settings that only this kind has, next to the common settings of an entry in endpoints.yaml.
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

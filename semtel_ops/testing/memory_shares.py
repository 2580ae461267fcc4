"""A `ShareStore` in memory, which can be made unreachable."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from semtel_ops.concurrency.fair_share import Holding
from semtel_ops.errors import StoreError


@dataclass
class MemoryShares:
    """A `ShareStore` in memory.

    Attributes:
        down: whether every call fails, as if the ledger could not be reached.
    """

    down: bool = False
    _holdings: dict[tuple[str, str], Holding] = field(default_factory=dict)

    def heartbeat(self, endpoint: str, holding: Holding, *, since: float) -> Sequence[Holding]:
        if self.down:
            raise StoreError("the ledger cannot be reached")
        self._holdings[endpoint, holding.holder] = holding
        return [
            holding for (where, _), holding in self._holdings.items() if where == endpoint and holding.heartbeat_at >= since
        ]

    def release(self, endpoint: str, holder: str) -> None:
        if self.down:
            raise StoreError("the ledger cannot be reached")
        self._holdings.pop((endpoint, holder), None)

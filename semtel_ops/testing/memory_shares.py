"""A `ShareStore` in memory, which can be made unreachable."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from semtel_ops.concurrency.fair_share import Holding
from semtel_ops.errors import StoreError


@dataclass
class MemoryShares:
    """Attributes: `down`: every call fails as the ledger's do."""

    down: bool = False
    _held: dict[tuple[str, str], Holding] = field(default_factory=dict)

    def heartbeat(self, endpoint: str, holding: Holding, *, since: float) -> Sequence[Holding]:
        if self.down:
            raise StoreError("the ledger cannot be reached")
        self._held[endpoint, holding.holder] = holding
        return [holding for (where, _), holding in self._held.items() if where == endpoint and holding.heartbeat_at >= since]

    def release(self, endpoint: str, holder: str) -> None:
        if self.down:
            raise StoreError("the ledger cannot be reached")
        self._held.pop((endpoint, holder), None)

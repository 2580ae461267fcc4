"""The money of a search: a hard limit, a part of it set aside for choosing and confirming, and reservations before asking."""

from semtel_ops.errors import BudgetExceededError, ConfigError
from semtel_ops.humanize import money


class Purse:
    """A limit in USD; `limit_usd` None: no limit."""

    def __init__(self, limit_usd: float | None) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = 0.0
        self._set_aside_usd = 0.0

    @property
    def left_usd(self) -> float | None:
        """What may still be spent on searching; None: no limit."""
        return None if self.limit_usd is None else max(0.0, self.limit_usd - self.spent_usd - self._set_aside_usd)

    def set_aside(self, usd: float, first_usd: float) -> None:
        """Keep an amount for the end of the search.

        Args:
            first_usd: what the first step costs at most.

        Raises:
            ConfigError: nothing would be left for the first step.
        """
        if self.limit_usd is not None and usd + first_usd > self.limit_usd:
            least = money(usd + first_usd)
            raise ConfigError(
                "budget", self.limit_usd, f"USD is too little to search and confirm; this set needs at least {least}"
            )
        self._set_aside_usd = usd

    def release(self) -> None:
        """Make what was set aside available."""
        self._set_aside_usd = 0.0

    def reserve(self, usd: float) -> None:
        """Check that an amount is left before it is spent.

        Raises:
            BudgetExceededError: it is not.
        """
        left = self.left_usd
        if left is not None and usd > left:
            raise BudgetExceededError(
                f"the budget of {money(self.limit_usd)} is used up: {money(self.spent_usd)} spent; the next step can cost up "
                f"to {money(usd)}. Results so far are stored: raise the budget and run the same command to resume"
            )

    def spend(self, usd: float) -> None:
        self.spent_usd += usd

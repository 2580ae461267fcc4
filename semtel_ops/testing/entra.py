"""Entra ID without a cloud: a credential that makes tokens up, counts them, and lets them expire."""

from typing import NamedTuple

from semtel_ops.clock import Clock


class MadeUpToken(NamedTuple):
    token: str
    expires_on: int


class MadeUpCredential:
    """A `Credential`: token-1, token-2, …; each is good for `life_s`.

    Attributes:
        scopes: what was asked for, in order.
    """

    def __init__(self, clock: Clock, life_s: float = 3_600.0) -> None:
        self._clock = clock
        self._life_s = life_s
        self.scopes: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str) -> MadeUpToken:
        self.scopes.append(scopes)
        return MadeUpToken(f"token-{len(self.scopes)}", int(self._clock.now() + self._life_s))

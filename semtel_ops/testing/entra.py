"""A fake Entra ID credential: its tokens are numbered and expire."""

from typing import NamedTuple

from semtel_ops.clock import Clock


class FakeToken(NamedTuple):
    """A token; `expires_on` is in seconds since 1970."""

    token: str
    expires_on: int


class FakeCredential:
    """A `Credential` with the tokens token-1, token-2, …; each is valid for `life_s` seconds.

    Attributes:
        scopes: the scopes of each call, in order.
    """

    def __init__(self, clock: Clock, life_s: float = 3_600.0) -> None:
        self._clock = clock
        self._life_s = life_s
        self.scopes: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str) -> FakeToken:
        self.scopes.append(scopes)
        return FakeToken(f"token-{len(self.scopes)}", int(self._clock.now() + self._life_s))

"""Entra ID tokens for Azure endpoints: fetched when needed, cached, and renewed before they expire."""

import threading
from importlib.util import find_spec
from typing import Any, Protocol

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import EndpointError, EndpointErrorKind

SCOPE = "https://cognitiveservices.azure.com/.default"
REFRESH_S = 300.0
"""A token is renewed this long before it expires, which exceeds the duration of any call."""

MISSING = "needs the package azure-identity; install it with: pip install 'semtel-ops[azure]'"


class Token(Protocol):
    """The interface of azure.core.credentials.AccessToken; `expires_on` is in seconds since 1970."""

    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> int: ...


class Credential(Protocol):
    """The interface of azure.core.credentials.TokenCredential: managed identity, workload identity, environment, CLI."""

    def get_token(self, *scopes: str) -> Token: ...


def is_installed() -> bool:
    """Whether azure-identity can be imported."""
    return find_spec("azure") is not None and find_spec("azure.identity") is not None


def default_credential() -> Credential:
    """The credential by which Entra ID knows this machine."""
    from azure.identity import DefaultAzureCredential

    credential: Any = DefaultAzureCredential()
    return credential  # type: ignore[no-any-return]


class TokenSource:
    """Tokens of a credential. Thread-safe: threads that need a token at the same time wait for a single fetch."""

    def __init__(self, name: str, credential: Credential | None = None, clock: Clock | None = None) -> None:
        """`name`: of the endpoint, for error messages."""
        self._name = name
        self._credential = credential
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._token: Token | None = None

    @property
    def cached(self) -> str | None:
        """The token, if it is not due for renewal; never waits."""
        token = self._token
        return token.token if token is not None and self._clock.now() < token.expires_on - REFRESH_S else None

    def token(self) -> str:
        """The token, which may have to be fetched over the network.

        Raises:
            EndpointError: Entra ID returned no token.
        """
        with self._lock:
            cached = self.cached
            if cached is not None:
                return cached
            return self._fetched()

    def renewed(self, refused: str) -> bool:
        """Whether there is another token than the one that was refused with status 401: roles and tokens are withdrawn early.

        Raises:
            EndpointError: Entra ID returned no token.
        """
        with self._lock:
            if self._token is not None and self._token.token != refused:
                return True
            return self._fetched() != refused

    def _fetched(self) -> str:
        try:
            self._credential = self._credential or default_credential()
            self._token = self._credential.get_token(SCOPE)
        except Exception as error:  # noqa: BLE001 - every credential has errors of its own
            raise EndpointError(
                f"{self._name}: no token from Entra ID ({type(error).__name__}); check this machine's identity, "
                "and that it has the role Cognitive Services OpenAI User",
                kind=EndpointErrorKind.AUTH,
            ) from None
        return self._token.token

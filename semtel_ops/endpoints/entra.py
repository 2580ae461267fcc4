"""Entra ID tokens for Azure endpoints: fetched when first needed, kept, and fetched again before they expire."""

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
    """As azure.core.credentials.AccessToken; `expires_on` is in seconds since 1970."""

    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> int: ...


class Credential(Protocol):
    """As azure.core.credentials.TokenCredential: managed identity, workload identity, environment, CLI."""

    def get_token(self, *scopes: str) -> Token: ...


def is_installed() -> bool:
    return find_spec("azure") is not None and find_spec("azure.identity") is not None


def default_credential() -> Credential:
    """Whatever this machine is known to Entra ID by."""
    from azure.identity import DefaultAzureCredential

    made: Any = DefaultAzureCredential()
    return made  # type: ignore[no-any-return]


class TokenSource:
    """Tokens of one credential; safe to use from several threads, which wait for one fetch instead of making several."""

    def __init__(self, name: str, credential: Credential | None = None, clock: Clock | None = None) -> None:
        """`name`: the endpoint's, for messages."""
        self._name = name
        self._credential = credential
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._held: Token | None = None

    @property
    def held(self) -> str | None:
        """The token, if there is one that need not be fetched; never waits."""
        token = self._held
        return token.token if token is not None and self._clock.now() < token.expires_on - REFRESH_S else None

    def token(self) -> str:
        """The token, fetched if need be: this may wait for a network.

        Raises:
            EndpointError: Entra ID gives none.
        """
        with self._lock:
            held = self.held
            if held is not None:
                return held
            try:
                self._credential = self._credential or default_credential()
                self._held = self._credential.get_token(SCOPE)
            except Exception as error:  # noqa: BLE001 - every credential has errors of its own
                raise EndpointError(
                    f"{self._name}: no token from Entra ID ({type(error).__name__}); check this machine's identity, "
                    "and that it has the role Cognitive Services OpenAI User",
                    kind=EndpointErrorKind.AUTH,
                ) from None
            return self._held.token

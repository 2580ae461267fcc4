"""Runs the simulator on a socket: uvicorn with httptools and uvloop, without logs, and quick to stop."""

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from semtel_ops.errors import ConfigError
from semtel_ops.simulator.app import make_app
from semtel_ops.simulator.config import SimulatorConfig


def bind(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 selects a free port.

    Raises:
        ConfigError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError("port", port, f"cannot be used on {host}: {reason}; --port 0 selects a free port") from None
    return listener


def address_of(listener: socket.socket) -> str:
    """http://host:port of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class QuietServer(uvicorn.Server):  # type: ignore[misc]  # mypy does not follow imports of uvicorn
    """A uvicorn server that does not raise SIGTERM and SIGINT again after it stops: exit code 0, no traceback."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            self.should_exit = True

        try:
            before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # not the main thread: the owner of the thread stops the server by `should_exit`
            before = {}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def make_server(config: SimulatorConfig) -> QuietServer:
    settings = uvicorn.Config(
        make_app(config),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="critical",
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        # Connections that hang by a simulated fault must not delay the shutdown.
        timeout_graceful_shutdown=1,
    )
    return QuietServer(settings)


def serve(config: SimulatorConfig, listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` gets the address once connections queue up for it."""
    listener.listen(2048)
    server = make_server(config)
    # A reader of the address may send a signal at once, so the handlers are installed before the announcement.
    with server.capture_signals():
        announce(address_of(listener))
        server.run(sockets=[listener])

"""Ports on this machine that nobody listens on."""

import socket

LOOPBACK = "127.0.0.1"


def free_port(preferred: int, taken: frozenset[int] = frozenset()) -> int:
    """The preferred port, one of the 20 after it, or any the system gives."""
    for port in [*range(preferred, min(preferred + 20, 65_536)), 0]:
        if port in taken:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As servers do: a port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")

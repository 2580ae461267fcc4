"""Free ports on this machine."""

import socket

LOOPBACK = "127.0.0.1"


def free_port(preferred: int, taken: frozenset[int] = frozenset()) -> int:
    """Return the preferred port, one of the 19 after it, or any port the system offers."""
    for port in [*range(preferred, min(preferred + 20, 65_536)), 0]:
        if port in taken:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # Servers set it too: a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")

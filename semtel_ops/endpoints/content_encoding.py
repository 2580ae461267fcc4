"""Unpacks the body of a reply by what it is: gateways unpack a body and leave its header, or the reverse.

Reports: agentgateway/agentgateway#1620, envoyproxy/ai-gateway#2554 (only the header), apache/trafficcontrol#1737 (the reverse).
"""

import zlib
from typing import Final

ACCEPTED: Final = "gzip, deflate"

_GZIP: Final = b"\x1f\x8b"
_WINDOWS: Final = {"gzip": (31,), "deflate": (15, -15)}  # of zlib: with a header, then raw deflate, as some servers send it


def unpacked(raw: bytes, encoding: str, *, max_bytes: int) -> bytes:
    """The body without its packing, cut off at `max_bytes`; as it came where it is not packed or is damaged.

    `encoding`: of the header `content-encoding`.
    """
    name = "gzip" if raw.startswith(_GZIP) else encoding.strip().lower()
    for window in _WINDOWS.get(name, ()):
        try:
            return zlib.decompressobj(window).decompress(raw, max_bytes)
        except zlib.error:
            continue
    return raw

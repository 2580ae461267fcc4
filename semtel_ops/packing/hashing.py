"""Reproducible randomness: the same on every machine and in every attempt."""

import hashlib


def hash_to_unit(seed: int, what: str, *names: str) -> float:
    """A uniform number in [0, 1), determined by seed, purpose (`what`) and names."""
    content = "\x00".join((str(seed), what, *names)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest()) / 2**64

"""Chance that is the same on every machine and in every attempt."""

import hashlib


def hash_to_unit(seed: int, what: str, *names: str) -> float:
    """A number in [0, 1) by seed, purpose and names."""
    spelled = "\x00".join((str(seed), what, *names)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(spelled, digest_size=8).digest()) / 2**64

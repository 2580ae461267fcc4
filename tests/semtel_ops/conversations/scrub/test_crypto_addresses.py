"""Addresses of cryptocurrencies are told by their checksums; hashes and ids of the same length stay."""

import hashlib
import random

import pytest

from semtel_ops.conversations.scrub import PiiType, RuleScrubber

scrubber = RuleScrubber()
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# Published in specifications and documentation, but for those made below.
ADDRESSES = [
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359",
    "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
    "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
]  # fmt: skip


def base58check(network: int, size: int, seed: int) -> str:
    payload = bytes([network]) + random.Random(seed).randbytes(size)
    raw = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(raw), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("context", ["{}", "send to {}.", "Schick es an {}, bitte", '{{"to":"{}"}}', "发送到{}。"])
def test_an_address_is_replaced(address: str, context: str) -> None:
    assert scrubber.scrub(context.format(address)).text == context.format("[CRYPTO_ADDRESS]")
    assert scrubber.scrub_all([context.format(address)])[0].counts == {PiiType.CRYPTO_ADDRESS: 1}


@pytest.mark.parametrize("network", [0, 5, 30, 48, 65])
def test_networks_are_told_by_the_checksum(network: int) -> None:
    """Bitcoin, Bitcoin scripts, Dogecoin, Litecoin, Tron."""
    for seed in range(20):
        assert scrubber.scrub(base58check(network, 20, seed)).text == "[CRYPTO_ADDRESS]"


def test_a_private_key_is_a_secret() -> None:
    assert scrubber.scrub(f"import {base58check(128, 32, 1)}").text == "import [SECRET]"


def test_an_address_without_checksum_needs_a_word_before_it() -> None:
    address = "7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV"
    assert scrubber.scrub(f"my Solana wallet {address}").text == "my Solana wallet [CRYPTO_ADDRESS]"
    assert scrubber.scrub(f"see {address}").text == f"see {address}"


def test_hashes_ids_and_mistyped_addresses_stay() -> None:
    rng = random.Random(5)
    texts = [f"{rng.randbytes(size).hex()} x" for size in (16, 20, 32, 64) for _ in range(50)]
    texts += ["".join(rng.choices(_ALPHABET, k=length)) for length in range(26, 60) for _ in range(20)]
    texts += [ADDRESSES[0][:-1] + "b", ADDRESSES[2][:-1] + "q", "550e8400e29b41d4a716446655440000", "0x" + "0" * 40]
    assert scrubber.scrub_all(texts) == {}

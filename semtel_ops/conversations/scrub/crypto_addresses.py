"""Addresses of cryptocurrencies by their checksum, or by their form where it is like nothing else; private keys among them.

Base58check ends in four bytes of a double SHA-256 (Bitcoin, Litecoin, Dogecoin, Tron; Ripple with an alphabet of its own),
SS58 in two bytes of BLAKE2b (Polkadot), bech32 in six characters of a BCH code (BIP 173 and 350), Stellar's in a CRC. An
Ethereum address is 0x and forty hexadecimal digits: nothing else has that form, so its checksum in the case of letters, EIP-55,
is not looked at, and a mistyped address is replaced too. Solana's have neither form nor checksum and need a word before them.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.key_shapes import is_placeholder
from semtel_ops.conversations.scrub.model import PiiType, Span

_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_VALUES = {alphabet: {char: value for value, char in enumerate(alphabet)} for alphabet in (_BITCOIN, _RIPPLE)}
_BECH32 = {char: value for value, char in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_SUMS = (1, 0x2BC830A3)  # bech32 and bech32m
# Bytes of a base58check payload: a network and a hash; an extended public key. A private key may name its compression.
_ADDRESS_BYTES = (21, 22, 78)
_PRIVATE_BYTES = (33, 34)

_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{26,120}(?![0-9A-Za-z])")
_ETHEREUM = re.compile(r"0x[0-9A-Fa-f]{40}")
_MONERO = re.compile(r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}")
_STELLAR = re.compile(r"[GSM][A-Z2-7]{55}")
_BECH32_FORM = re.compile(r"(?P<network>[a-z]{1,16})1(?P<data>[02-9ac-hj-np-z]{38,110})")
_CASH_FORM = re.compile(r"[qp][02-9ac-hj-np-z]{41}")
_CUE = re.compile(
    r"solana|\bsol\b|phantom|wallet|address|usdt|usdc|crypto|pubkey|public key|"
    r"monedero|cartera|carteira|portafoglio|brieftasche|adres|portfel|кошел|адрес|cüzdan|钱包|地址|ウォレット|アドレス|지갑|주소|محفظة|वॉलेट",
    re.IGNORECASE,
)
_CUE_CHARS = 80

CRYPTO_SIEVE = "[0-9A-Za-z]{26}"
"""An expression of RE2 for all texts that may contain an address."""


def crypto_addresses(text: str) -> Iterator[Span]:
    """Addresses as CRYPTO_ADDRESS, private keys as SECRET."""
    for run in _RUN.finditer(text):
        pii = _type(run[0], text[max(0, run.start() - _CUE_CHARS) : run.start()])
        if pii is not None:
            yield Span(*run.span(), pii)


def _type(run: str, before: str) -> PiiType | None:
    if is_placeholder(run) and not run.startswith("1111"):
        return None
    if _ETHEREUM.fullmatch(run) or _MONERO.fullmatch(run):
        return PiiType.CRYPTO_ADDRESS
    if _STELLAR.fullmatch(run):
        return _stellar(run)
    if bech32 := _BECH32_FORM.fullmatch(run.lower() if run.isupper() else run):
        if _bech32_holds(bech32["network"], bech32["data"]):
            return PiiType.SECRET if bech32["network"] in ("nsec", "age-secret-key-") else PiiType.CRYPTO_ADDRESS
        return None
    if _CASH_FORM.fullmatch(run):
        return PiiType.CRYPTO_ADDRESS if before.endswith("bitcoincash:") else None
    return _base58(run, before)


def _base58(run: str, before: str) -> PiiType | None:
    raw = _base58_bytes(run, _BITCOIN)
    if raw is not None:
        if _double_sha256(raw[:-4])[:4] == raw[-4:]:
            if len(raw) - 4 in _PRIVATE_BYTES:
                return PiiType.SECRET
            return PiiType.CRYPTO_ADDRESS if len(raw) - 4 in _ADDRESS_BYTES else None
        if len(raw) == 35 and hashlib.blake2b(b"SS58PRE" + raw[:-2]).digest()[:2] == raw[-2:]:  # network, key, sum
            return PiiType.CRYPTO_ADDRESS
        mixed = any(c.isdigit() for c in run) and any(c.islower() for c in run) and any(c.isupper() for c in run)
        if len(raw) == 32 and mixed and _CUE.search(before):  # an Ed25519 key
            return PiiType.CRYPTO_ADDRESS
    if run[0] in "rs":
        raw = _base58_bytes(run, _RIPPLE)
        if raw is not None and _double_sha256(raw[:-4])[:4] == raw[-4:]:
            return PiiType.CRYPTO_ADDRESS if run[0] == "r" else PiiType.SECRET
    return None


def _base58_bytes(run: str, alphabet: str) -> bytes | None:
    """The bytes that a text in base 58 stands for, a leading zero for a byte of zero; None if it is no base 58."""
    values = _VALUES[alphabet]
    number = 0
    for char in run:
        value = values.get(char)
        if value is None:
            return None
        number = number * 58 + value
    zeros = len(run) - len(run.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def _double_sha256(raw: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(raw).digest()).digest()


def _stellar(run: str) -> PiiType | None:
    raw = base64.b32decode(run)
    if binascii.crc_hqx(raw[:-2], 0) != int.from_bytes(raw[-2:], "little"):
        return None
    return PiiType.SECRET if run[0] == "S" else PiiType.CRYPTO_ADDRESS


def _bech32_holds(network: str, data: str) -> bool:
    state = 1
    for value in (*(ord(char) >> 5 for char in network), 0, *(ord(char) & 31 for char in network), *(_BECH32[c] for c in data)):
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            state ^= generator if top >> bit & 1 else 0
    return state in _BECH32_SUMS

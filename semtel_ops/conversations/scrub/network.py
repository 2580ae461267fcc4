"""E-mail addresses, IP and MAC addresses, and credentials inside URLs."""

import ipaddress
import re
from collections.abc import Collection, Iterator

from semtel_ops.conversations.scrub.model import PiiType, Span

_LOCAL_END = re.compile(r"[\w.%+'\-]{1,64}")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}(?![\w])")
_USERINFO = re.compile(r"://([^\s/@:\[\]]{0,128}:[^\s/@\[\]]{1,256})@")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\w.-])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w-]|\.\d)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:\.\d{1,3}){0,3}(?![\w:])")
_MAC = re.compile(
    r"(?<![\w:.\-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})(?![\w:\-]|\.\w)",
    re.ASCII,
)
_UPI = re.compile(
    r"(?<![\w.@])[A-Za-z0-9][\w.\-]{2,40}@(?:ok(?:axis|hdfcbank|icici|sbi|bank)|ybl|ibl|axl|paytm|upi|apl|yapl)(?![\w.@])",
    re.ASCII,
)
_IP_CUE = re.compile(r"\bip\b|ipv4|address|server|host|ping|dns|subnet|gateway", re.IGNORECASE)
_VERSION_CUE = re.compile(r"(?:version|release|build|firmware|section|chapter|[A-Za-z]/)\s{0,3}[:=#]?\s{0,3}$", re.IGNORECASE)


def emails(text: str, skip: Collection[int] = ()) -> Iterator[Span]:
    """A mailbox before and a domain with a top level after an @; the @ at the positions in `skip` are not looked at."""
    at = text.find("@")
    floor = 0
    while at >= 0:
        domain = None if at in skip else _DOMAIN.match(text, at + 1)
        if domain:
            # Matched backwards from the @, so that the time is linear in the text. `git@host:` is not a mailbox.
            local = _LOCAL_END.match(text[max(floor, at - 64) : at][::-1])
            git_remote = local and text.startswith("git", at - 3) and text.startswith(":", domain.end())
            if local and not git_remote:
                floor = domain.end()
                yield Span(at - local.end(), domain.end(), PiiType.EMAIL)
        at = text.find("@", at + 1)


def payment_addresses(text: str) -> Iterator[Span]:
    """Addresses of India's payment system: a mailbox at a bank, without a top level."""
    for match in _UPI.finditer(text):
        yield Span(*match.span(), PiiType.BANK_ACCOUNT)


def mac_addresses(text: str) -> Iterator[Span]:
    """Addresses of network cards; those of all ones or zeros belong to nobody. A number with dots needs a letter."""
    for match in _MAC.finditer(text):
        bare = "".join(filter(str.isalnum, match[0])).lower()
        if len(set(bare)) > 2 and not (match[1] is None and bare.isdigit()):
            yield Span(*match.span(), PiiType.MAC_ADDRESS)


def url_credentials(text: str) -> Iterator[Span]:
    for match in _USERINFO.finditer(text):
        yield Span(*match.span(1), PiiType.CREDENTIALS)


def ip_addresses(text: str) -> Iterator[Span]:
    if text.count(".") >= 3:
        for match in _IPV4.finditer(text):
            if _is_ipv4(text, match.start(), match[0]):
                yield Span(*match.span(), PiiType.IP_ADDRESS)
    if "::" in text or text.count(":") >= 7:
        for match in _IPV6.finditer(text):
            if _is_ipv6(match[0]):
                yield Span(*match.span(), PiiType.IP_ADDRESS)


def _is_ipv4(text: str, start: int, candidate: str) -> bool:
    """Whether four numbers are somebody's address.

    Four small numbers are a version or a section, unless a word before them says address. Addresses that begin with 0, 127 or
    255 belong to nobody.
    """
    before = text[max(0, start - 40) : start]
    octets = [int(octet) for octet in candidate.split(".")]
    if octets[0] in (0, 127, 255) or _VERSION_CUE.search(before):
        return False
    # Versions in user agents end in zeros: Chrome/120.0.0.0.
    return (max(octets) > 20 and octets[1:] != [0, 0, 0]) or _IP_CUE.search(before) is not None


def _is_ipv6(candidate: str) -> bool:
    """Whether this is somebody's address: valid, with too many hexadecimal digits for C++ names such as `a::b`, no loopback."""
    try:
        address = ipaddress.IPv6Address(candidate)
    except ValueError:
        return False
    groups = [group for group in candidate.split(":") if group]
    long_enough = len(groups) >= 4 or any(len(group) >= 3 and any(c.isdigit() for c in group) for group in groups)
    return long_enough and not address.is_loopback and not address.is_unspecified

"""E-mail addresses, IP addresses, and credentials inside URLs."""

import ipaddress
import re
from collections.abc import Collection, Iterator

from semtel_ops.conversations.scrub.model import PiiType, Span

_LOCAL_END = re.compile(r"[\w.%+'\-]{1,64}")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}(?![\w])")
_USERINFO = re.compile(r"://([^\s/@:\[\]]{0,128}:[^\s/@\[\]]{1,256})@")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\w.-])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:\.\d{1,3}){0,3}(?![\w:])")
_IP_CUE = re.compile(r"\bip\b|ipv4|address|server|host|ping|dns|subnet|gateway", re.IGNORECASE)
_VERSION_CUE = re.compile(r"(?:version|release|build|firmware|section|chapter|[A-Za-z]/)\s{0,3}[:=#]?\s{0,3}$", re.IGNORECASE)


def emails(text: str, skip: Collection[int] = ()) -> Iterator[Span]:
    """From every @ outward: a domain with a top level after it, a mailbox before it. Not from those at `skip`."""
    at = text.find("@")
    floor = 0
    while at >= 0:
        domain = None if at in skip else _DOMAIN.match(text, at + 1)
        if domain:
            # Backwards from the @, so that no start is tried twice.
            local = _LOCAL_END.match(text[max(floor, at - 64) : at][::-1])
            remote = local and text.startswith("git", at - 3) and text.startswith(":", domain.end())
            if local and not remote:
                floor = domain.end()
                yield Span(at - local.end(), domain.end(), PiiType.EMAIL)
        at = text.find("@", at + 1)


def url_credentials(text: str) -> Iterator[Span]:
    for match in _USERINFO.finditer(text):
        yield Span(*match.span(1), PiiType.CREDENTIALS)


def ip_addresses(text: str) -> Iterator[Span]:
    if text.count(".") >= 3:
        for match in _IPV4.finditer(text):
            if _is_address(text, match.start(), match[0]):
                yield Span(*match.span(), PiiType.IP_ADDRESS)
    if "::" in text or text.count(":") >= 7:
        for match in _IPV6.finditer(text):
            if _is_ipv6(match[0]):
                yield Span(*match.span(), PiiType.IP_ADDRESS)


def _is_address(text: str, start: int, found: str) -> bool:
    """Four small numbers are a version or a section unless the words before say address; 0, 127 and 255 are nobody's."""
    before = text[max(0, start - 40) : start]
    octets = [int(octet) for octet in found.split(".")]
    if octets[0] in (0, 127, 255) or _VERSION_CUE.search(before):
        return False
    # User agents: Chrome/120.0.0.0 ends in zeros.
    return (max(octets) > 20 and octets[1:] != [0, 0, 0]) or _IP_CUE.search(before) is not None


def _is_ipv6(found: str) -> bool:
    """A valid address with enough hexadecimal in it not to be a scope operator; loopback is nobody's."""
    try:
        address = ipaddress.IPv6Address(found)
    except ValueError:
        return False
    groups = [group for group in found.split(":") if group]
    telling = len(groups) >= 4 or any(len(group) >= 3 and any(c.isdigit() for c in group) for group in groups)
    return telling and not address.is_loopback and not address.is_unspecified

"""Text that a terminal shows and does not obey: ids, paths and messages of others may hold escape sequences."""

import logging
import re

# Control characters but tab and line feed, and those that change the direction of text.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Text without characters that a terminal obeys: ESC becomes a backslash and u001b, which JSON reads as ESC."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class PrintableFormatter(logging.Formatter):
    """Log lines that a terminal can show, whatever ids and messages of others are in them."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))

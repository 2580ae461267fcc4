"""Extension points: what can be added by name, and where it is implemented.

Here: `Registry`, and a table for each extension point (`builtin`). Settings, forms and the command line list and check names
without importing implementations, which are imported when they are used. Not here: the implementations; kinds of classifiers,
whose enum is in `classifiers.kinds`.
"""

from semtel_ops.extensions.builtin import (
    ALERT_CHANNELS,
    COMPRESSORS,
    CONTAINERS,
    CONVERSATION_FORMATS,
    QUALITY_CHECKS,
    SCRUB_ENGINES,
    TRUNCATION_STRATEGIES,
)
from semtel_ops.extensions.registry import Registry

__all__ = [
    "ALERT_CHANNELS",
    "COMPRESSORS",
    "CONTAINERS",
    "CONVERSATION_FORMATS",
    "QUALITY_CHECKS",
    "SCRUB_ENGINES",
    "TRUNCATION_STRATEGIES",
    "Registry",
]

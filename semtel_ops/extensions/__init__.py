"""What can be added by name, and where each of it is implemented.

Here: `Registry`, and one table for each thing that people add (`builtin`). Names are known without importing what they stand
for, so settings, forms and the command line list and check them cheaply; the code is imported when it is used. Not here: the
implementations, and kinds of classifiers, whose enum stands beside them (`classifiers.kinds`).
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

"""Personal data and secrets replaced by typed placeholders, before any text is stored or sent.

Here: the rules engine (patterns, check digits, cues), the Presidio engine behind the same protocol, the choice between them,
and what takes hidden characters out of text before either sees it. To add an engine, write its module and name it in
`semtel_ops.extensions.builtin`. Not here: what is scrubbed and when (`steps.extract`). Nothing here logs, so no personal data
gets into a log.
"""

from semtel_ops.conversations.scrub.factory import MakeScrubber, make_scrubber
from semtel_ops.conversations.scrub.invisible import all_visible, visible
from semtel_ops.conversations.scrub.messages import scrub_message
from semtel_ops.conversations.scrub.model import PiiType, Scrubbed, Scrubber
from semtel_ops.conversations.scrub.presidio import PresidioScrubber
from semtel_ops.conversations.scrub.rules import RuleScrubber

__all__ = [
    "MakeScrubber",
    "PiiType",
    "PresidioScrubber",
    "RuleScrubber",
    "Scrubbed",
    "Scrubber",
    "all_visible",
    "make_scrubber",
    "scrub_message",
    "visible",
]

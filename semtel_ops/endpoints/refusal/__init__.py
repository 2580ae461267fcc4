"""What a reply with an error means: what it is about, and the provider's words, without the request.

Here: reading error bodies of any shape (`body`, `embedded`), what may be shown of them (`provider_words`), the parameters that
they name (`parameters`), and the rules that decide the kind (`rules`, with a table for each wire format). Not here: another way
to send the request (`dialect`), when to send it again (`retry`).
"""

from semtel_ops.endpoints.refusal.body import has_error
from semtel_ops.endpoints.refusal.response import error_from_response

__all__ = ["error_from_response", "has_error"]

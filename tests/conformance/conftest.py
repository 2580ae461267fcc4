import pytest

pytest.register_assert_rewrite("semtel_ops.testing.conformance")

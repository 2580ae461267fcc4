"""Conformance suites: classes of pytest tests that every implementation of a protocol must pass, one module per protocol.

Subclass a suite in a test module, define the fixtures that its docstring names, and run pytest. `tests/conformance` runs each
suite on all implementations in this package. For assertion messages with values, call
`pytest.register_assert_rewrite("semtel_ops.testing.conformance")` in `conftest.py`.
"""

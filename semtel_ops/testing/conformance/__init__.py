"""What every implementation of a protocol must do, as classes of pytest tests: one module for each protocol.

Subclass a suite in a test module, give it the fixtures that its docstring names, and run pytest. `tests/conformance` runs each
suite over everything that this package has. For messages that show the values, call
`pytest.register_assert_rewrite("semtel_ops.testing.conformance")` in `conftest.py`.
"""

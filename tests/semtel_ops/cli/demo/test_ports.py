import socket

from semtel_ops.cli.demo.ports import free_port


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port


def test_a_port_that_is_promised_to_another_is_passed_over():
    port = free_port(0)
    assert free_port(port, frozenset({port})) != port

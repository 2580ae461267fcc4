from semtel_ops.concurrency.circuit import Circuit, CircuitState


def opened(now=10.0):
    circuit = Circuit(failures=3, first_wait_s=1.0, longest_wait_s=4.0)
    for _ in range(3):
        circuit.failed(now, probe=False)
    assert circuit.state is CircuitState.OPEN
    return circuit


def test_failures_between_successes_do_not_open_it():
    circuit = Circuit(failures=3)
    for step in range(30):
        circuit.failed(step * 1.0, probe=False)
        circuit.failed(step * 1.0, probe=False)
        circuit.succeeded(step * 1.0)
    assert circuit.state is CircuitState.CLOSED


def test_a_few_failures_right_after_a_success_are_a_burst_and_many_are_not():
    circuit = Circuit(failures=3, many=10, silence_s=0.5)
    circuit.succeeded(1.0)
    for _ in range(9):
        assert not circuit.failed(1.1, probe=False)
    assert circuit.failed(1.1, probe=False)


def test_one_probe_at_a_time():
    circuit = opened()
    assert not circuit.may_ask(10.9)
    assert circuit.may_ask(11.0)
    assert circuit.asked()
    assert not circuit.may_ask(11.0)
    assert circuit.wait_s(11.0) is None


def test_waits_double_up_to_a_bound_and_start_short_again():
    circuit, now, waits = opened(), 10.0, []
    for _ in range(4):
        waits.append(circuit.wait_s(now))
        now += waits[-1]
        circuit.asked()
        circuit.failed(now, probe=True)
    assert waits == [1, 2, 4, 4]
    now += 4
    circuit.asked()
    assert circuit.succeeded(now)
    for _ in range(3):
        circuit.failed(now + 1, probe=False)
    assert circuit.wait_s(now + 1) == 1


def test_a_late_answer_from_before_closes_it():
    circuit = opened()
    assert circuit.succeeded(10.2)
    assert circuit.may_ask(10.2)


def test_failures_of_calls_that_were_under_way_do_not_put_the_probe_off():
    circuit = opened()
    assert not circuit.failed(10.9, probe=False)
    assert circuit.may_ask(11.0)


def test_a_forgotten_probe_lets_another_go_at_once():
    circuit = opened()
    circuit.asked()
    circuit.forgotten(probe=True, now=11.5)
    assert circuit.may_ask(11.5)


def test_a_refusal_of_every_request_opens_it_alone():
    circuit = Circuit()
    circuit.succeeded(10.0)
    assert circuit.failed(10.0, probe=False, at_once=True)
    assert not circuit.failed(10.0, probe=False, at_once=True)
    assert circuit.wait_s(10.0) == 0.5

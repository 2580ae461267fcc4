import asyncio

import pytest

from semtel_ops.simulator.capacity import Capacity, Schedule
from semtel_ops.simulator.config import CapacityConfig


def config(**given):
    return CapacityConfig.model_validate(given)


def test_a_schedule_repeats():
    law = Schedule(config(schedule=[{"for_s": 8, "slots": 40}, {"for_s": 8, "slots": 20}]))
    assert [law.at(at)[0] for at in (0, 7.9, 8, 15.9, 16, 25)] == [40, 40, 20, 20, 40, 20]
    assert law.at(5)[1] == pytest.approx(3)
    # 8 × 40 + 8 × 20 in a round, then 4 × 40.
    assert law.slot_seconds(20) == pytest.approx(480 + 160)


async def test_slots_are_handed_out_in_order_and_the_queue_is_bounded(gated_clock):
    capacity = Capacity(config(slots=1, queue=2), gated_clock)
    served = []

    async def visit(name, seconds):
        if not await capacity.enter():
            served.append(f"{name} refused")
            return
        await gated_clock.sleep(seconds)
        capacity.leave()
        served.append(name)

    visits = [asyncio.create_task(visit(name, 1)) for name in "abcd"]
    await gated_clock.advance(10)
    assert served == ["d refused", "a", "b", "c"]
    assert (capacity.peak_serving, capacity.peak_waiting) == (1, 2)
    await asyncio.gather(*visits)


async def test_who_waits_is_let_in_when_the_schedule_gives_slots_back(gated_clock):
    capacity = Capacity(config(schedule=[{"for_s": 5, "slots": 0}, {"for_s": 5, "slots": 3}]), gated_clock)
    waiting = [asyncio.create_task(capacity.enter()) for _ in range(3)]
    await gated_clock.advance(4)
    assert capacity.waiting == 3
    await gated_clock.advance(2)
    assert capacity.serving == 3
    assert all([await one for one in waiting])


async def test_a_visitor_who_gives_up_leaves_the_queue(gated_clock):
    capacity = Capacity(config(slots=1, queue=5), gated_clock)
    await capacity.enter()
    gone, stays = asyncio.create_task(capacity.enter()), asyncio.create_task(capacity.enter())
    await gated_clock.advance(0)
    gone.cancel()
    await gated_clock.advance(0)
    capacity.leave()
    assert await stays
    assert (capacity.serving, capacity.waiting) == (1, 0)


async def test_used_capacity_is_slot_seconds_served_over_offered(gated_clock):
    capacity = Capacity(config(slots=4), gated_clock)
    await capacity.enter()
    await gated_clock.advance(10)
    capacity.leave()
    await gated_clock.advance(10)
    assert capacity.used() == {
        "slot_seconds_offered": pytest.approx(80),
        "slot_seconds_served": pytest.approx(10),
        "utilisation": pytest.approx(0.125),
    }

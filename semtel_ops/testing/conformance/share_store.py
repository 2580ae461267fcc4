"""What every store must do in which tasks see each other's shares of an endpoint."""

from semtel_ops.concurrency import Holding, ShareStore


class ShareStoreSuite:
    """Fixtures: `store`, an empty one."""

    def test_a_holder_sees_itself_and_every_other_that_lives(self, store: ShareStore) -> None:
        first = Holding("a", 100.0, 5.0, 3.0)
        second = Holding("b", 101.0, 7.0, 2.0)
        assert list(store.heartbeat("east", first, since=96.0)) == [first]
        assert sorted(store.heartbeat("east", second, since=97.0), key=_holder) == [first, second]

    def test_a_heartbeat_replaces_the_one_before(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        newer = Holding("a", 101.0, 9.0, 4.0)
        assert list(store.heartbeat("east", newer, since=97.0)) == [newer]

    def test_who_is_silent_is_not_seen_and_who_is_just_in_time_is(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("silent", 99.9, 1.0, 1.0), since=0.0)
        store.heartbeat("east", Holding("in time", 100.0, 1.0, 1.0), since=0.0)
        living = store.heartbeat("east", Holding("now", 104.0, 1.0, 1.0), since=100.0)
        assert {holding.holder for holding in living} == {"in time", "now"}

    def test_endpoints_are_shared_one_by_one(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        west = Holding("a", 100.0, 1.0, 1.0)
        assert list(store.heartbeat("west", west, since=96.0)) == [west]

    def test_who_has_left_is_not_seen_and_may_leave_twice_or_come_back(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        store.release("east", "a")
        store.release("east", "a")
        store.release("east", "never there")
        other = Holding("b", 100.5, 1.0, 1.0)
        assert list(store.heartbeat("east", other, since=96.0)) == [other]
        back = Holding("a", 101.0, 2.0, 2.0)
        assert sorted(store.heartbeat("east", back, since=96.0), key=_holder) == [back, other]

    def test_leaving_one_endpoint_is_not_leaving_another(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        store.heartbeat("west", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        store.release("east", "a")
        assert len(store.heartbeat("west", Holding("b", 100.0, 1.0, 1.0), since=96.0)) == 2


def _holder(holding: Holding) -> str:
    return holding.holder

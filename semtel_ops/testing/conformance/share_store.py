"""Conformance tests of stores by which tasks see each other's shares of an endpoint."""

from semtel_ops.concurrency import Holding, ShareStore


class ShareStoreSuite:
    """Fixtures: `store`, an empty store."""

    def test_a_holder_sees_itself_and_every_other_that_lives(self, store: ShareStore) -> None:
        first = Holding("a", 100.0, 5.0, 3.0)
        second = Holding("b", 101.0, 7.0, 2.0)
        assert list(store.heartbeat("east", first, since=96.0)) == [first]
        assert sorted(store.heartbeat("east", second, since=97.0), key=_holder) == [first, second]

    def test_a_heartbeat_replaces_the_one_before(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        newer = Holding("a", 101.0, 9.0, 4.0)
        assert list(store.heartbeat("east", newer, since=97.0)) == [newer]

    def test_a_holder_is_listed_until_its_heartbeat_is_too_old(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("silent", 99.9, 1.0, 1.0), since=0.0)
        store.heartbeat("east", Holding("in time", 100.0, 1.0, 1.0), since=0.0)
        living = store.heartbeat("east", Holding("now", 104.0, 1.0, 1.0), since=100.0)
        assert {holding.holder for holding in living} == {"in time", "now"}

    def test_each_endpoint_has_its_own_holders(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        west = Holding("a", 100.0, 1.0, 1.0)
        assert list(store.heartbeat("west", west, since=96.0)) == [west]

    def test_a_released_holder_is_not_listed_and_may_be_released_twice_or_return(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        store.release("east", "a")
        store.release("east", "a")
        store.release("east", "never there")
        other = Holding("b", 100.5, 1.0, 1.0)
        assert list(store.heartbeat("east", other, since=96.0)) == [other]
        back = Holding("a", 101.0, 2.0, 2.0)
        assert sorted(store.heartbeat("east", back, since=96.0), key=_holder) == [back, other]

    def test_releasing_one_endpoint_does_not_release_another(self, store: ShareStore) -> None:
        store.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        store.heartbeat("west", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        store.release("east", "a")
        assert len(store.heartbeat("west", Holding("b", 100.0, 1.0, 1.0), since=96.0)) == 2


def _holder(holding: Holding) -> str:
    return holding.holder

from datetime import UTC, datetime

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.settings import Settings
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.steps.gold_session import Given, GoldSession, UnknownDrawError, draws_view
from semtel_ops.store.files import remove
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.layout import Lake
from tests.support.gold import WEEK, publish_week, settings_of, text_of

AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def rows(tmp_path, ledger_url):
    return publish_week(tmp_path)


@pytest.fixture
def enter(tmp_path, rows, ledger):
    """`enter(person)`: a session with a draw of six conversations; `shared` for a draw of its own."""

    def session(person="ada", *, classifier="topic", shared=1.0):
        settings = settings_of(tmp_path)
        draw = draw_gold(WEEK, settings=settings, by="ada", size=6, shared=shared)["draw"]
        return GoldSession(
            GoldLedger(ledger), Lake(settings.lake), Settings().prompts, draw_id=draw, classifier=classifier, person=person
        )

    return session


def give(session, conversation, label=None, labels=None, seconds=2.5):
    return session.label(Given(conversation, label, labels, label is None and labels is None, seconds), AT)


def test_a_conversation_comes_with_its_text_and_without_any_answer(enter, rows):
    shown = enter().next()
    one = shown["item"]["conversation_id"]
    assert shown["item"]["turns"][0] == {"role": "user", "content": text_of(one)}
    assert (shown["done"], shown["of"], shown["item"]["position"], shown["item"]["mine"]) == (0, 6, 0, None)
    assert not {"llm", "labels", "label"} & set(shown["item"])


def test_the_models_answer_comes_with_the_label_and_the_next_conversation_after_it(enter, rows):
    session = enter()
    first = session.next()["item"]["conversation_id"]
    said = next(row["label"] for row in rows if (row["conversation_id"], row["classifier"]) == (first, "topic"))
    told = give(session, first, said)
    assert (told["label"], told["llm"], told["same"], told["model"]) == (said, [said], True, "gpt-4o-mini")
    assert (told["done"], told["of"]) == (1, 6)
    after = session.next()["item"]
    assert (after["position"], after["conversation_id"] != first) == (1, True)
    assert not give(session, after["conversation_id"], "other")["same"]


def test_labelling_all_of_them_ends(enter):
    session = enter()
    for _ in range(6):
        give(session, session.next()["item"]["conversation_id"], "health")
    assert session.next() == {"item": None, "done": 6, "of": 6, "skipped": 0}


def test_a_second_person_gets_the_same_conversations_and_no_labels_of_the_first(enter):
    ada, ben = enter("ada"), enter("ben")
    order = []
    for _ in range(6):
        order.append(ada.next()["item"]["conversation_id"])
        give(ada, order[-1], "health")
    for one in order:
        shown = ben.next()["item"]
        assert (shown["conversation_id"], shown["mine"]) == (one, None)
        give(ben, one, "money")
    with pytest.raises(UnknownDrawError):
        enter("eve").conversation(order[0])
    assert ben.conversation(order[0])["labels"] == {"ada": ["health"], "ben": ["money"]}


def test_conversations_that_are_not_for_everybody_go_to_who_comes_first(enter):
    ada, ben = enter("ada", shared=0.0), enter("ben", shared=0.0)
    first = ada.next()["item"]["conversation_id"]
    give(ada, first, "health")
    assert ben.next()["item"]["conversation_id"] != first
    assert (ben.next()["of"], ada.next()["of"]) == (5, 6)
    give(ada, ada.next()["item"]["conversation_id"])  # passed over, so that somebody else may label it
    assert ben.next()["of"] == 5


def test_one_that_was_passed_over_does_not_come_again_but_can_be_gone_back_to(enter):
    session = enter()
    first = session.next()["item"]["conversation_id"]
    told = give(session, first)
    assert (told["skipped"], told["done"]) == (1, 1)
    assert session.next()["item"]["conversation_id"] != first
    back = session.previous(None)["item"]
    assert (back["conversation_id"], back["mine"]) == (first, {"label": None, "labels": None, "skipped": True})
    give(session, first, "health")
    assert session.previous(None)["item"]["mine"]["label"] == "health"


def test_going_back_ends_at_the_first_one(enter):
    session = enter()
    order = []
    for _ in range(3):
        order.append(session.next()["item"]["conversation_id"])
        give(session, order[-1], "health")
    now = session.next()["item"]["conversation_id"]
    back = [now]
    while (item := session.previous(back[-1])["item"]) is not None:
        back.append(item["conversation_id"])
    assert back == [now, *reversed(order)]


def test_a_label_that_is_changed_after_the_models_answer_was_shown_is_counted(enter, ledger):
    session = enter()
    first = session.next()["item"]["conversation_id"]
    for label in ("health", "health", "money", "writing"):
        give(session, first, label)
    (kept,) = GoldLedger(ledger).labels_of(session.question()["draw_id"], "topic")
    assert (kept.label, kept.changes, kept.seconds, kept.source) == ("writing", 2, 2.5, "page")
    assert session.agreement()["changed"] == 1


def test_a_label_after_passing_over_is_no_change(enter, ledger):
    session = enter()
    first = session.next()["item"]["conversation_id"]
    give(session, first)
    give(session, first, "health", seconds=1e6)
    (kept,) = GoldLedger(ledger).labels_of(session.question()["draw_id"], "topic")
    assert (kept.label, kept.changes, kept.seconds) == ("health", 0, None)


def test_what_is_no_label_or_was_not_drawn_is_refused_and_nothing_is_kept(enter, rows):
    session = enter()
    first = session.next()["item"]["conversation_id"]
    with pytest.raises(ConfigError, match="topic: 'yes' is not a label; one of: technology"):
        give(session, first, "yes")
    with pytest.raises(UnknownDrawError):
        give(session, "c999999", "health")
    assert session.next()["item"]["conversation_id"] == first
    assert session.next()["done"] == 0


def test_a_draw_or_a_classifier_that_there_is_not_is_no_session(enter, ledger, tmp_path):
    draw = enter().question()["draw_id"]
    for draw_id, classifier in (("2026-W47-none", "topic"), (draw, "satisfaction")):
        with pytest.raises(UnknownDrawError):
            GoldSession(GoldLedger(ledger), Lake("x"), Settings().prompts, draw_id=draw_id, classifier=classifier, person="ada")


def test_a_text_that_is_gone_is_said_to_be_gone(enter, tmp_path):
    session = enter()
    remove(f"{tmp_path}/lake/conversations")
    assert session.next()["item"]["turns"] is None


def test_people_who_disagree_are_listed_for_those_who_have_labelled_and_one_decides(enter, ledger):
    ada, ben, eve = enter("ada"), enter("ben"), enter("eve")
    one = ada.next()["item"]["conversation_id"]
    give(ada, one, "health")
    give(ben, one, "money")
    view = ada.agreement()
    assert (view["gold"], view["open"], view["hidden"]) == (0, 1, 0)
    assert view["disagreements"][0]["labels"] == {"ada": ("health",), "ben": ("money",)}
    assert (eve.agreement()["disagreements"], eve.agreement()["hidden"]) == ([], 1)
    with pytest.raises(UnknownDrawError):
        eve.rule(Given(one, "health", None, False, None), AT)
    assert ben.rule(Given(one, "health", None, False, None), AT) == {"label": "health", "labels": None}
    view = ada.agreement()
    assert (view["gold"], view["open"]) == (1, 0)
    (row,) = GoldLedger(ledger).labels("topic")
    assert (row.gold, row.ruled) == (("health",), True)


def test_what_people_agree_about_is_not_to_be_decided(enter):
    ada = enter("ada")
    one = ada.next()["item"]["conversation_id"]
    give(ada, one, "health")
    with pytest.raises(ConfigError, match="is not to be decided"):
        ada.rule(Given(one, "money", None, False, None), AT)


def test_the_list_of_draws_says_how_far_everybody_is(enter, ledger):
    ada, ben = enter("ada"), enter("ben")
    for session, label in ((ada, "health"), (ben, "money")):
        give(session, ada.next()["item"]["conversation_id"] if session is ada else ben.next()["item"]["conversation_id"], label)
    view = draws_view(GoldLedger(ledger), "ada")
    (draw,) = view["draws"]
    assert view["more"] == 0
    topic = next(one for one in draw["classifiers"] if one["classifier"] == "topic")
    assert topic == {"classifier": "topic", "mine": 1, "gold": 0, "open": 1, "people": 2}
    assert (draw["drawn"], draw["population"], draw["rare"]) == (6, 100, [])

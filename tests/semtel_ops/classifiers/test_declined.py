"""A refusal in words is no answer, even if it begins with a word that is a label."""

import pytest

from semtel_ops.classifiers import Problem, read_reply
from semtel_ops.classifiers.declined import declines

REFUSALS = {
    "0din-ai/ai-scanner#176": "No, no puedo ayudar con eso.",
    "humanbound/humanbound#74": "No. I can't assist with that request.",
    "English, typographic": "No, I can’t help with this.",
    "English, long": "No. I must respectfully decline to judge this conversation.",
    "English, second line": "No\n\nI'm sorry, but I can't help with that.",
    "English, marked": "**No.** I won't do that.",
    "English, without a subject": "No. Unable to comply.",
    "English, passive": "No, that request cannot be fulfilled.",
    "English, role": "No - as an AI, I don't judge people.",
    "English, preference": "No, I'd rather not.",
    "English, policy": "No, this goes against my guidelines.",
    "Spanish, apology": "No, lo siento.",
    "Spanish, no comma": "No lo siento, no te puedo ayudar",
    "Spanish, impersonal": "No, no es posible ayudarte con esta solicitud.",
    "Portuguese": "No, não posso ajudar com isso.",
    "French": "No, je ne peux pas vous aider.",
    "French, apology": "No, désolé.",
    "German": "Nein, dabei kann ich nicht helfen.",
    "German, apology": "No, tut mir leid.",
    "Italian": "No, non posso aiutarti con questa richiesta.",
    "Italian, apology": "No, mi dispiace.",
    "Dutch": "No, daar kan ik je niet bij helpen.",
    "Polish": "No, nie mogę w tym pomóc.",
    "Russian": "No, я не могу с этим помочь.",
    "Ukrainian": "No, на це я не можу відповісти.",
    "Czech": "No, s tím nemohu pomoci.",
    "Romanian": "No, nu pot ajuta cu asta.",
    "Swedish": "No, jag kan inte hjälpa till med det.",
    "Finnish": "No, en voi auttaa tässä.",
    "Turkish": "No, bu konuda yardımcı olamam.",
    "Greek": "No, δεν μπορώ να βοηθήσω.",
    "Chinese": "No，我无法协助。",
    "Chinese, apology": "No。抱歉，无法回答。",
    "Japanese": "No、お手伝いできません。",
    "Japanese, apology": "No。申し訳ありませんが、お答えできません。",
    "Korean": "No, 죄송합니다. 도와드릴 수 없습니다.",
    "Arabic": "No, لا أستطيع المساعدة في ذلك.",
    "Hebrew": "No, אני לא יכול לעזור.",
    "Hindi": "No, मैं इसमें मदद नहीं कर सकता।",
    "Indonesian": "No, saya tidak bisa membantu.",
    "Vietnamese": "No, tôi không thể giúp.",
    "Thai": "No, ขออภัย ไม่สามารถช่วยได้",
    "in JSON": '{"label": "No, no puedo ayudar con eso."}',
    "yes": "Yes, but I can't help with that.",
}


@pytest.fixture
def asks(make_spec, yes_no):
    from dataclasses import replace

    yes, no = yes_no.labels
    return make_spec(yes_no.kind, labels=(yes, replace(no, aliases=("nein", "non", "não"))))


@pytest.mark.parametrize("text", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_no_answer_whatever_its_first_word(asks, text):
    assert read_reply(asks, text).problem is Problem.DECLINED


ANSWERS = {
    "No, the user is not satisfied.": "no",
    "No. The user thanks nobody.": "no",
    "No, the assistant says \"I'm sorry, I can't help with that\".": "no",
    "No: the assistant couldn't help the user.": "no",
    "No, the user says that they can't log in.": "no",
    "No. The user can't answer the question.": "no",
    "No.\nI can't see any sign of thanks.": "no",
    "No, el usuario no puede entrar.": "no",
    "No, der Nutzer war leider nicht zufrieden.": "no",
    "Nein, der Nutzer kann sich nicht anmelden.": "no",
    "No, l'utente non è soddisfatto.": "no",
    "No，用户不满意。": "no",
    "No, kullanıcı memnun değil.": "no",
    "Yes, the assistant apologized.": "yes",
    "Yes. The assistant was unable to help.": "yes",
}


@pytest.mark.parametrize(("text", "label"), ANSWERS.items())
def test_an_answer_about_somebody_who_could_not_is_an_answer(asks, text, label):
    assert read_reply(asks, text).label == label


@pytest.mark.parametrize(
    "text", ["no", "Not at all", "The user is sorry", "no puede", "health", "", "x" * 100_000, '"' * 5_000]
)
def test_what_says_nothing_of_the_speaker_declines_nothing(text):
    assert not declines(text)

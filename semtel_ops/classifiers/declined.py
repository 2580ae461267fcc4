"""Recognises replies in which the model declines in words. To support another language, add rows.

Only the first person and apologies count, since an answer may say that the assistant in the conversation could not help, and
may quote it. A refusal can begin with a word that is also a label ("No, no puedo ayudar con eso"), so refusals are looked for
before labels are.
"""

import re
from functools import cache
from typing import Final, NamedTuple


class Declining(NamedTuple):
    """A language, and a pattern of what a refusal in it says."""

    language: str
    pattern: str


# Verbs of acting. "I can't see any anger" is a judgement, so verbs of perception are not among them.
_ACT: Final = (
    r"(?:(?:really|actually|also|currently|\w+ly|in good conscience|be able to|to) ){0,2}"
    r"(?:help|assist|comply|provide|answer|respond|reply|discuss|engage|continue|fulfil?l?|support|do (?:that|this|so)|share|"
    r"participate|proceed|complete|process|generate|produce|write|create|give|offer|judge|label|classify|categori[sz]e|"
    r"analy[sz]e|evaluate|rate|determine|decide|tell|say|access|view|talk|accommodate|handle|perform|review|assess)\b"
)
_CANNOT: Final = r"(?:can ?not|can['’]?t|could not|couldn['’]?t|won['’]?t|will not|must not|may not)"
_CANNOT_ZH: Final = "(?:无法|無法|不能|没法|沒法|不会|不會|不可以|不便|拒绝|拒絕)"
_CANNOT_JA: Final = "(?:でき|出来|しかね)(?:ません|かね|ない|ます)"
_START: Final = r"(?:\A|[.,;:!?…。，、！\n-])\W{0,3}"
"""Where a clause begins."""

DECLINING: Final = (
    Declining(
        "English",
        r"\b(?:I|we)(?:['’]m| am|['’]re| are) (?:\w+ )?sorry\b|\bmy apologies\b|\b(?:I|we) (?:\w+ )?apologi[sz]e\b",
    ),
    Declining("English", rf"{_START}(?:sorry|apologies)\b"),
    Declining("English", rf"\b(?:I|we)(?: \w+)? {_CANNOT} {_ACT}"),
    Declining("English", rf"\b(?:I|we) {_CANNOT}\W*(?:\Z|[.!\n])"),
    Declining("English", rf"{_START}(?:unable to|not able to|{_CANNOT}) {_ACT}"),
    Declining("English", rf"\b(?:I|we)(?: am|['’]m| are|['’]re) (?:\w+ )?(?:unable|not able) to {_ACT}"),
    Declining(
        "English",
        r"\b(?:I|we)(?: am|['’]m| are|['’]re) (?:not (?:permitted|allowed|comfortable|authori[sz]ed)|prohibited|programmed)\b",
    ),
    Declining("English", r"\b(?:I|we)(?: must| have to|['’]ll have to| need to| will)? (?:\w+ly )?(?:decline|refuse)\b"),
    Declining(
        "English",
        r"\bI (?:do not|don['’]t) feel comfortable\b|\bas an? (?:AI|artificial|large language|language model)\b",
    ),
    Declining(
        "English",
        rf"\b(?:this|that|your|the) (?:request|question|prompt) {_CANNOT} be (?:fulfilled|completed|processed|answered)\b",
    ),
    Declining("English", r"\b(?:against|violates?) (?:my|our) (?:\w+ )?(?:guidelines|polic(?:y|ies)|programming|principles)\b"),
    Declining(
        "English",
        r"\bnot something (?:that )?(?:I|we)(?:['’]m| am| can)\b|\b(?:I['’]d|I would) (?:rather|prefer) not\b|\bno can do\b",
    ),
    Declining(
        "English",
        r"\b(?:I|we) (?:do not|don['’]t) (?:provide|engage|discuss|participate|comment|answer)\b|\binappropriate for me\b",
    ),
    Declining("Spanish", r"\bno es (?:posible|algo)\b|\ben lo que (?:yo )?pueda\b|\bno tengo permi"),
    Declining("Spanish", r"\bno (?:\w{2,3} )?(?:puedo|podemos|podr[ií]a|voy a|debo|quiero)\b|\bme niego\b|\bme es imposible\b"),
    Declining(
        "Spanish",
        r"\bno (?:soy|estoy) (?:capaz|autorizad|en condiciones)|\bno (?:me|nos) (?:es posible|est[aá] permitido)\b",
    ),
    Declining(
        "Spanish",
        r"\blo (?:siento|lamento)\b|\bme temo\b|\bdisculp[ae]\b|\bpido disculpas\b|\bcomo (?:una? )?(?:IA|modelo de)\b",
    ),
    Declining("Portuguese", r"\bn[ãa]o (?:\w{2,4} )?(?:posso|podemos|poderia|consigo|vou|devo|quero)\b"),
    Declining("Portuguese", r"\bn[ãa]o (?:sou capaz|estou autorizad)|\bn[ãa]o me é (?:possível|permitido)\b"),
    Declining("Portuguese", r"\bn[ãa]o é (?:possível|permitido|algo)\b|\bnão tenho permiss"),
    Declining("Portuguese", r"\b(?:sinto|lamento) muito\b|\blamento,|\bdesculpe\b|\bpeço desculpas?\b"),
    Declining("Catalan", r"\bno (?:\w{2,3} )?(?:puc|podem)\b|\bem sap greu\b|\bho sento\b"),
    Declining(
        "French",
        r"\bje (?:ne|n['’]\w+) (?:\w{1,4} )?(?:peux|puis|pourrai|pourrais|saurais|suis pas|veux)\b|\bnous ne pouvons\b",
    ),
    Declining(
        "French",
        rf"(?:{_START}|\b(?:je suis|nous sommes) )(?:vraiment )?désolée?s?\b|\bje (?:regrette|refuse|m['’]excuse)\b",
    ),
    Declining("French", r"\bn['’]est pas (?:possible|autorisé)\b|\bil m['’]est (?:impossible|interdit)\b|\bexcusez-moi\b"),
    Declining("German", r"\b(?:kann|könnte|darf|werde|möchte|will) (?:ich|wir)\b[^.!?\n]{0,60}\b(?:nicht|kein\w*)\b"),
    Declining(
        "German",
        r"\b(?:ich|wir) (?:kann|können|könnte|darf|werde|möchte|will|bin)\b[^.!?\n]{0,60}\b(?:nicht|kein\w*)\b",
    ),
    Declining("German", r"\bnicht (?:möglich|gestattet|erlaubt)\b"),
    Declining("German", r"\btut mir (?:\w+ )?leid\b|\bentschuldigung\b|\bich (?:entschuldige|bedau(?:er)?e|lehne)\b"),
    Declining(
        "Italian",
        r"\bnon (?:\w{2,3} )?(?:posso|possiamo|potrei|voglio)\b|\bnon sono (?:in grado|autorizzat)|\bmi (?:scuso|rifiuto)\b",
    ),
    Declining("Italian", r"\bnon (?:mi )?è (?:possibile|permesso|consentito)\b|\bmi (?:di)?spiace\b"),
    Declining("Dutch", r"\bik (?:kan|mag|zal|wil|ben)\b[^.!?\n]{0,60}\b(?:niet|geen)\b"),
    Declining("Dutch", r"\b(?:kan|mag|zal) ik\b[^.!?\n]{0,60}\b(?:niet|geen)\b|\bspijt (?:me|mij)\b|\bik weiger\b"),
    Declining("Dutch", r"\bniet (?:mogelijk|toegestaan)\b"),
    Declining(
        "Polish",
        r"\bnie (?:mogę|moge|możemy|potrafię|chcę)\b|\bnie (?:jestem|będę) w stanie\b|\bprzepraszam\b|\bprzykro mi\b",
    ),
    Declining(
        "Russian",
        r"\bне (?:могу|можем|смогу|буду|хочу)\b|\bя не (?:в состоянии|имею права)\b|\bизвини(?:те)?\b|\bпростите\b",
    ),
    Declining("Russian", r"\bсожалею\b|\bпрошу прощения\b|\bмне (?:очень )?жаль\b|\bотказываюсь\b|\bвынужден\w* отказать"),
    Declining("Ukrainian", r"\bне (?:можу|зможу|буду)\b|\b(?:вибач|пробач)(?:те)?\b|\bперепрошую\b|\bмені шкода\b"),
    Declining("Bulgarian, Serbian", r"\bне мога\b|\bсъжалявам\b|\bжао ми је\b|\bne mogu\b|\bžao mi je\b"),
    Declining(
        "Czech, Slovak",
        r"\b(?:nemohu|nemůžu|nemôžem)\b|\bnejsem schop|\bomlouvám se\b|\bje mi (?:to )?líto\b|\bospravedlňujem",
    ),
    Declining("Romanian", r"\bnu (?:vă |te )?(?:pot|putem)\b|\b[îi]mi pare r[ăa]u\b|\bîmi cer scuze\b"),
    Declining("Hungarian", r"\bnem tudok\b|\bnem tudom (?:ezt|megválaszolni)\b|\bsajnálom\b|\belnézést kérek\b"),
    Declining(
        "Swedish, Norwegian, Danish",
        r"\bj(?:ag|eg) (?:kan|kommer|vil|får|er|är)\b[^.!?\n]{0,40}\b(?:inte|ikke)\b|\bj(?:ag|eg) beklag(?:er|ar)\b",
    ),
    Declining(
        "Swedish, Norwegian, Danish",
        rf"{_START}(?:beklager|förlåt)\b|\bkan j(?:ag|eg)\b[^.!?\n]{{0,30}}\b(?:inte|ikke)\b",
    ),
    Declining("Finnish", r"\ben (?:voi|pysty|saa)\b|\bolen pahoillani\b|\bpahoittelen\b|\banteeksi\b"),
    Declining("Greek", r"δεν μπορώ|λυπάμαι|συγγνώμη"),
    Declining(
        "Turkish",
        r"\w(?:am|em)(?:ıyor|iyor|uyor|üyor)u[mz]\b|\w(?:amam|emem)\b|\w(?:amayız|emeyiz)\b|\büzgünüm\b|\bözür dilerim\b",
    ),
    Declining("Chinese", rf"{_START}(?:很|非常|十分|真的|实在)?(?:抱歉|对不起|對不起|不好意思)"),
    Declining("Chinese", r"我(?:们|們)?(?:很|感到|深感|非常)?(?:抱歉|遗憾|遺憾)|作为一?个?(?:人工智能|AI)"),
    Declining("Chinese", rf"我(?:们|們)?(?:很|真的|目前|现在|暂时|也|并|还|实在|恐怕|是|只是)?{_CANNOT_ZH}"),
    Declining("Chinese", rf"{_START}{_CANNOT_ZH}(?:提供|回答|协助|協助|帮助|幫助|处理|處理|满足|滿足|继续|讨论|判断)"),
    Declining("Japanese", r"申し訳|すみません|すいません|ごめんなさい|恐れ入りますが"),
    Declining("Japanese", rf"(?:お?答え|お手伝い|お応え|対応|回答|提供|協力|手助け)[^。\n]{{0,12}}{_CANNOT_JA}"),
    Declining("Japanese", rf"(?:判断|判定|サポート|支援|処理)[^。\n]{{0,12}}{_CANNOT_JA}"),
    Declining("Korean", r"죄송|미안합니다|미안해요|유감입니다|유감이지만|거절합니다|거부합니다"),
    Declining("Korean", r"(?:할|드릴|도울|답변할|제공할|답할)\s?수(?:가|는)? 없"),
    Declining("Korean", r"(?:저는|제가|저희는)[^.\n]{0,40}(?:못합니다|못해요|없습니다|없어요)"),
    Declining(
        "Arabic",
        r"(?<!\w)لا (?:أستطيع|استطيع|يمكنني|يمكننا|أقدر|اقدر|أملك)|لن (?:أستطيع|أتمكن)|لست قادر|غير قادرة? على",
    ),
    Declining("Arabic", r"آسفة?(?!\w)|(?<!\w)أعتذر|(?<!\w)اعتذر|عذر[اًا]+|أرفض|معذرة"),
    Declining("Persian", r"نمی.?توانم|متأ?سفم|ببخشید|معذرت می.?خواهم|پوزش"),
    Declining("Hebrew", r"אני לא יכול|אינ?ני יכול|מצטער|סליחה|מתנצל"),
    Declining(
        "Hindi",
        r"माफ़?(?:़)? ?(?:कर(?:ें|ना|िए|िएगा)|कीजिए)|माफ़?(?:़)?ी (?:चाह|माँग|मांग)त|क्षमा (?:कर(?:ें|िए)|चाह)|खेद है",
    ),
    Declining("Hindi", r"(?:मैं|हम|मुझे)[^।.\n]{0,60}(?:नहीं|असमर्थ|अक्षम)"),
    Declining("Bengali", r"দুঃখিত|ক্ষমা কর|(?:আমি|আমরা)[^।\n]{0,50}(?:পারি না|পারছি না|পারব না|অক্ষম)"),
    Declining("Indonesian, Malay", rf"\b(?:saya|kami) (?:tidak|tak) (?:bisa|dapat|boleh|mampu)\b|{_START}(?:mohon )?maaf\b"),
    Declining("Vietnamese", rf"tôi (?:không|chưa) (?:thể|được phép)|(?:tôi|rất) xin lỗi|rất tiếc|{_START}xin lỗi"),
    Declining("Thai", r"ไม่สามารถ|ขออภัย|ขอโทษ|เสียใจด้วย"),
)


_QUOTED: Final = re.compile(
    r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|«[^»\n]{1,400}»|„[^“”\n]{1,400}[“”]|「[^」\n]{1,400}」'
    r"|(?<!\w)['‘](?:[^'’\n]|(?<=\w)['’](?=\w)){1,400}['’](?!\w)"
)
_MAX_CHARS = 1_200
"""A refusal says so at once."""


def declines(text: str) -> bool:
    """Whether the text, apart from quotations, says in the first person that it gives no answer."""
    return _declining().search(_QUOTED.sub(" … ", text[:_MAX_CHARS])) is not None


@cache
def _declining() -> re.Pattern[str]:
    """All patterns in one. Compiling it takes some 9 ms, and most processes read no reply in words."""
    return re.compile("|".join(f"(?:{row.pattern})" for row in DECLINING), re.IGNORECASE)

"""Names in Chinese, Japanese, Korean, Hindi and Arabic: a surname or a frame of words stands for the capital letter."""

import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.model import PiiType, Span

# The most frequent surnames: some 85% of China's and Korea's people, and a half of Japan's.
_CHINESE = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖田"
    "董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋付方白邹鄒孟熊秦邱"
    "江尹薛闫閻段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯"
)
_JAPANESE = (
    "佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "渡邊", "山本", "中村", "小林", "加藤", "吉田", "山田", "佐々木",
    "山口", "松本",
    "井上", "木村", "斎藤", "斉藤", "清水", "山崎", "阿部", "森田", "池田", "橋本", "山下", "石川", "中島", "前田",
    "藤田", "小川", "後藤", "岡田",
    "長谷川", "村上", "近藤", "石井", "坂本", "遠藤", "青木", "藤井", "西村", "福田", "太田", "三浦", "藤原", "岡本",
    "松田", "中川",
    "中野", "原田", "小野", "田村", "竹内", "金子", "和田", "中山", "石田", "上田", "森", "林", "原", "酒井", "工藤",
    "横山", "宮崎", "宮本", "内田",
    "高木", "安藤", "谷口", "大野", "丸山", "今井", "高田", "藤本", "武田", "村田", "上野", "杉山", "増田", "平野",
    "大塚", "千葉", "久保", "松井",
)  # fmt: skip
_JAPANESE_SURNAME = "|".join(_JAPANESE)
_KOREAN = "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구민진지엄채원천방공"

_ZH_NAME = rf"(?P<name>(?:[{_CHINESE}]|欧阳|司马|上官|诸葛|司徒|东方)[\u4e00-\u9fff]{{1,2}})"
_JA_NAME = rf"(?P<name>(?:{_JAPANESE_SURNAME})[ 　]?[\u3040-\u30ff\u4e00-\u9fff]{{1,4}}?)"
_KO_NAME = rf"(?P<name>[{_KOREAN}][가-힣]{{2}})"
_HI_NAME = r"(?P<name>[\u0900-\u0963\u0970-\u097f]{2,20}(?: [\u0900-\u0963\u0970-\u097f]{2,20}){0,2}?)"
_AR_NAME = r"(?P<name>[\u0621-\u064a]{2,16}(?: (?:عبد |بن |ال)?[\u0621-\u064a]{2,16})?)"
_PAUSE = r"(?=[\s,.!?;،。，、！？；…）)]|$)"

_FRAMES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("我叫", "我是", "名字"), re.compile(rf"(?:我叫|我是|我(?:的)?名字(?:是|叫)|本人)\s?{_ZH_NAME}{_PAUSE}")),
    (("姓名", "联系人", "聯絡人", "收件人", "署名"), re.compile(rf"(?:姓名|联系人|聯絡人|收件人|"
                                                   rf"署名)\s?[:：]\s?{_ZH_NAME}")),
    (("女士", "先生", "小姐", "老师"), re.compile(rf"(?:尊敬的|亲爱的|敬爱的){_ZH_NAME}(?=女士|先生|小姐|老师)")),
    (("私の名前は", "私は", "僕は", "俺は"), re.compile(rf"(?:私の名前は|名前は|私は|僕は|"
                                             rf"俺は)\s?{_JA_NAME}(?=です|と申し|といい|と言い|だ|[。、,.\s]|$)")),
    (("と申し", "といい", "と言い"), re.compile(rf"(?<![\u4e00-\u9fff]){_JA_NAME}(?=と申し|といいます|と言います)")),
    (("です",), re.compile(rf"(?:^|[、。\s]){_JA_NAME}(?=です[。、\s]?$)", re.MULTILINE)),
    (("입니다",), re.compile(rf"(?:^|안녕하세요[,.!]?\s){_KO_NAME}(?=입니다)")),
    (("氏名", "名前", "お名前", "担当"), re.compile(rf"(?:氏名|名前|担当者?)\s?[:：]\s?{_JA_NAME}(?=[\s,、。(（]|$)")),
    (("様", "さん"), re.compile(rf"(?<![\u4e00-\u9fff])(?P<name>(?:{_JAPANESE_SURNAME})[\u4e00-\u9fff]{{0,3}})(?=様|さん)")),
    (
        ("이름", "성명"),
        re.compile(
            rf"(?:이름|성명)(?:은|이)?\s?[:：]?\s?{_KO_NAME}(?=입니다|이에요|예요|이고|이라|라고|(?![가-힣]{{3}}))"
        ),
    ),
    (("저는", "나는", "전 "), re.compile(rf"(?:저는|나는|전)\s{_KO_NAME}(?=입니다|이라고|라고|이에요|예요|이고)")),
    (("님",), re.compile(rf"(?<![가-힣]){_KO_NAME}(?=님)")),
    (("मेरा नाम",), re.compile(rf"मेरा नाम\s{_HI_NAME}(?=\sहै|\sहूँ|\sऔर|[।,.]|$)")),
    (("मैं",), re.compile(r"मैं\s(?P<name>[\u0900-\u097f]{2,20} [\u0900-\u097f]{2,20})(?=\s(?:हूँ|बोल रह))")),
    (("नाम",), re.compile(rf"(?:^|[\n,;] ?)(?:पूरा )?नाम\s?[:：]\s?{_HI_NAME}(?=[।,.\n]|$)")),
    (("प्रिय",), re.compile(rf"प्रिय\s{_HI_NAME}(?=[।,!\n])")),
    (("اسمي",), re.compile(rf"(?<![\u0621-\u064a])اسمي\s(?:هو )?{_AR_NAME}{_PAUSE}")),
    (("الاسم",), re.compile(rf"الاسم(?: الكامل)?\s?:\s?{_AR_NAME}{_PAUSE}")),
    (("السيد", "عزيزي", "عزيزتي"), re.compile(rf"(?:السيد|السيدة|عزيزي|عزيزتي)\s{_AR_NAME}(?=[،,:!\n])")),
    (("التحية", "تحيات", "الاحترام"), re.compile(rf"(?:مع (?:خالص )?التحية|تحياتي|مع فائق "
                                                 rf"الاحترام)[،,]?\s?\n\s?{_AR_NAME}(?=\n|$)")),
)  # fmt: skip
_NOT_NAMES = frozenset({"ठीक", "छात्र", "बहुत", "एक", "नहीं", "भी", "लो", "यह", "لا", "ليس", "هو", "في", "على", "مو"})
ANNOUNCEMENTS = tuple(sorted({cue for cues, _ in _FRAMES for cue in cues}))
"""A text without any of these has no such name."""


def names_elsewhere(text: str) -> Iterator[Span]:
    """Names in a text that is not ASCII."""
    for cues, frame in _FRAMES:
        if any(cue in text for cue in cues):
            for match in frame.finditer(text):
                if _NOT_NAMES.isdisjoint(match["name"].split(" ")):
                    yield Span(*match.span("name"), PiiType.NAME)

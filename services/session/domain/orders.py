"""Finds sentences that talk to the grader instead of answering: orders, claims of a score, forged markup.

Knows wording only. Does not know scores, and removing such a sentence is the caller's business.
"""

import re
import unicodedata

from services.session.domain.text import Span, either, sentences

_ASK = either(
    r"(?:주세요|주십시오)(?!라)|주시기|주시면|줘(?!서)|달라(?!고)|부탁(?:드립|드려요|합니다|해요)|바랍니다",
    r"매겨라|매기세요|매기십시오|부여하|부여해|채점하[세십라]|채점해",
    r"처리하[세십라]|처리해|하세요|하십시오|해야 ?합니다|하라",
)
_MARK = either(
    r"[1-5]\s?점|[일이삼사오]\s점|오점|만\s?점|최고\s?(?:점수|점|등급|평가)|높은\s?(?:점수|평가)",
    r"(?:모든|전체)\s?(?:점수|항목|평가)|고득점|합격|통과시",
)
_RULES = either(
    r"루브릭|(?:평가|채점)\s?(?:기준|지침|규칙)|프롬프트",
    r"(?:위|앞|이전|기존|모든|지금까지)의?\s?(?:지시|지침|명령|규칙|내용)",
)
_GRADER = either(
    r"(?:평가|채점)(?:자|\s?모델|\s?ai|\s?에이아이|\s?시스템)",
    r"심사위원|평가위원|언어\s?모델",
)

_EN_MARK = either(
    r"(?:full|maximum|max|top|perfect|highest|high|best)\s+(?:possible\s+)?(?:mark|score|point|rating|grade)s?",
    r"(?:a\s+)?(?:5|five|10|ten|100)(?:\s*(?:/|out of)\s*(?:5|five|10|ten|100)|\s+points?|\s+stars?)?",
)
_EN_GIVE = r"(?:give|award|assign|grant|score|rate|mark|grade|output|return|print|respond with|set)"
_EN_RULES = (
    r"(?:rubrics?|instructions?|criteria|guidelines?|(?:system\s+)?prompts?|scoring rules|grading rules)"
)
_EN_START = r"(?:^|[.!?:;,]\s*|\b(?:please|and|so|then|now|must|should|to|you|kindly|simply|just)\s+)"

_ORDERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_MARK}.{{0,24}}{_ASK}",
        rf"{_GRADER}.{{0,12}}(?:은|는|님|께|에게|라면|여|야|이?시여).{{0,40}}(?:점|평가|채점|합격|통과|{_ASK})",
        rf"{_RULES}.{{0,20}}(?:무시(?!하지 않)|잊어|잊으|따르지|버리|지우)",
        r"(?:이|제|본|저의)\s?(?:답변|대답|응답)[은에을이].{0,16}(?:만점|최고점|5\s?점|최고\s?점수)",
        r"(?:만점|최고점|5\s?점).{0,8}(?:받아야|줘야|주어야|마땅)",
        r"(?:당신은|너는)\s?(?:이제|지금부터).{0,24}(?:평가|채점|모델|역할|점수|ai)",
        rf"\b(?:ignore|disregard|forget|override|bypass|skip)\b.{{0,40}}\b{_EN_RULES}\b",
        r"\b(?:ignore|disregard|forget)\b.{0,20}\b(?:previous|prior|above|everything|earlier)\b",
        rf"{_EN_START}{_EN_GIVE}\b(?:\s+(?!and\b|when\b)\S+){{0,8}}?\s+{_EN_MARK}(?=\W|$)",
        rf"\b(?:deserves?|merits?|earns?|worth)\s+(?:a\s+|an\s+|the\s+)?{_EN_MARK}(?=\W|$)",
        r"\b(?:graders?|evaluators?|assessors?|scorers?|scoring (?:model|system)|ai judge)\b"
        r".{0,24}(?:must|should|please|shall|give|score|rate|note|,|:)",
        r"\byou are (?:now )?(?:an?|the) (?:\w+ )?(?:grader|evaluator|judge|assistant|language model)\b",
        r"\b(?:as an ai|language model|system prompt|new instructions?)\b.{0,30}(?:must|score|:|give|now)",
        r"[\"'“”]?(?:score|scores|rating|점수|evidence|dimension|quotes?)[\"'“”]?\s*[:=]\s*[\"'\[{]?\s*(?:[0-9]|[\"'\[{])",
        r"<\|?/?\s*(?:system|assistant|user|im_start|im_end|s|inst|answer|transcript|endoftext)\b",
        r"\[/?(?:inst|system|assistant)\]|^\s*(?:system|assistant|시스템)\s*:|#{2,}\s*(?:system|instruction|지시)",
    )
)


def addresses_grader(text: str) -> tuple[Span, ...]:
    """Sentence ranges of `text` that carry an order to whoever grades it, in order; empty when clean.

    Reported speech in the past ("고객이 5점을 주셨습니다", "the customer gave us five stars") is no order.
    """
    return tuple(span for span in sentences(text) if _is_order(text[span.start : span.end]))


def _is_order(sentence: str) -> bool:
    plain = " ".join(unicodedata.normalize("NFKC", _visible(sentence)).split())
    return any(pattern.search(plain) for pattern in _ORDERS)


def _visible(text: str) -> str:
    # Zero-width characters split a word for a pattern and for nobody else.
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def without_orders(text: str, orders: tuple[Span, ...]) -> str:
    """The text with each ordered range blanked by spaces, so that every other offset stays true."""
    for span in orders:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text

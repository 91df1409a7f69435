"""Words of a candidate that may be quoted back in a question: short, about the work, harmless.

Knows spelling, not grammar: a phrase is taken only where its form leaves little doubt. Takes nothing that
looks like personal data or like an order, and leaves forbidden topics to the guard.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from services.session.domain.korean import Ending, ending
from services.session.domain.orders import addresses_grader
from services.session.domain.text import hangul_share, nfc, sentences

MAX_PHRASE_CHARS = 30
MAX_TOPIC_CHARS = 40

_MARKUP = re.compile(r"[<>{}\[\]`|\\*_~^○●■□◯?!:;\"“”@]")
_TOPIC = re.compile(r"[\w가-힣 +#.\-/&%·,'()]+$")
_PERSONAL = re.compile(
    r"\S@\S|https?:|www\.|\d{6}|\d{2,4}[-.\s]\d{3,4}[-.\s]\d{4}|\d{4}\s?[.년/-]\s?\d{1,2}\s?[.월/-]"
    r"|[가-힣]\s?(?:씨|님)(?![가-힣])|\b(?:[Mm]rs?|[Mm]s|[Dd]r)\b\.?"
)
# What may be somebody's name or title, in an answer; a résumé's own headings are believed.
_PERSON = re.compile(
    r"^(?:[김황윤]|박(?!물)|최(?![적신종대소고])|홍(?!보)|권(?!한))[가-힣]{2}$"
    r"|^[A-Z][a-z]+(?: [A-Z][a-z]+)+$"
    r"|(?:사장|부장|과장|대리|팀장|실장|이사|교수|선생|차장|사원|선배|후배)님?$"
)
_COMPANY_FORM = re.compile(r"\(주\)|㈜|주식회사")
_SENTENCE_ENDING = re.compile(r"(?:니다|[했었였겠]다|한다|된다|요)[.\s]*$")

# A noun is believed where one of these particles stands behind it and agrees with it.
_NOUN_PARTICLE = re.compile(r"^(?P<noun>.{2,}?)(?P<particle>에서는|에서|으로|을|를|이|가|과|와)$")
_AFTER = {"을": True, "를": False, "이": True, "가": False, "과": True, "와": False, "으로": True}
_NO_NOUN = re.compile(
    r"(?:[있없했었였겠않싶많같]|[하되시키지]|다|[가-힣]하는|적|스럽|롭|려|대로|때문|거|것|수|데|줄|듯|바|번|씩|쯤)$"
)
_NOT_BARE = re.compile(
    r"(?:[은는을를이가의에와과도만로고서며면지게해히던든]|[가-힣](?:니다|어요|아요|에서|으로|까지|부터|라는|하는|하던|했던"
    r"|되는|적인|스러운|한|된|할|될|운|큰|린))$"
)
_PLAIN_KO = (
    "저희 제가 저는 우리 그래서 그리고 하지만 그런데 그때 당시 이번 다음 처음 마지막 먼저 가장 정말 매우",
    "많이 조금 항상 자주 다시 바로 모두 함께 같이 특히 아주 너무 약간 계속 직접 이후 이전 결국 또한 여러",
    "모든 어떤 이런 그런 저런 생각 경우 부분 정도 때문 사람 사람들 자신 본인 상황 이유 방법 내용 질문",
    "답변 대답 말씀 기억 느낌 마음 시간 하나 무엇 누구 여기 거기 이것 그것 저것 면접 면접관 회사 지원",
    "제목 오늘 어제 내일 요즘 지금 최근 중간 얼마 서로 앞 뒤 가족 부모 부모님 아버지 어머니 결혼 고향",
    "나이 종교 도움 노력 경험 일 결과 문제 의견 필요 사실 점수 평가 지시 지난 절반 팀원 팀원들 동료",
    "동료들 상대 상대방 프로젝트 반면 동시 초기 후반",
)
_PLAIN_EN = (
    "i me we us you he she they them it this that these those there here and or but so because when",
    "while if then than as at by from to in is are was were be been being am do does did have has had",
    "not no yes very really just also about what which who whom whose how why where can could will would",
    "should may might must one two lot thing things way ways time times people person someone everyone",
    "something everything anything first last next many much more most some any all each every other",
    "others same own new old good bad big small team work job project question answer company experience",
    "problem result results kind part fact end day days week weeks month months year years father mother",
    "parents family wife husband age home score know think make made use used get got",
)
_OPENS_EN = ("the a an our my using with of on into for through built build building led",)
_TOOL_BEFORE = frozenset({"using", "on", "into", "in", "through"})
_OPENS = frozenset(" ".join(_OPENS_EN).split())
_PLAIN = frozenset(" ".join(_PLAIN_KO + _PLAIN_EN).split()) | _OPENS
_EN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def clean_topic(text: str) -> str | None:
    """A résumé's word as it may stand in a question; None when it may not, or is no short noun phrase."""
    word = " ".join(_COMPANY_FORM.sub(" ", _visible(text)).split()).strip(" .,-/·")
    if not (1 <= len(word) <= MAX_TOPIC_CHARS) or not _TOPIC.match(word) or not re.search(r"[^\W_]", word):
        return None
    if _MARKUP.search(word) or _SENTENCE_ENDING.search(word) or ending(word) is Ending.UNKNOWN:
        return None
    return word if _harmless(word) else None


def salient_phrase(answer: str) -> str | None:
    """The words of an answer most worth asking about: letters, digits and spaces, 30 characters at most."""
    return next(iter(salient_phrases(answer)), None)


def salient_phrases(answer: str) -> tuple[str, ...]:
    """All candidates for `salient_phrase`, best first. Sentences that give the grader orders yield none."""
    text = _without_orders(_visible(answer))
    find = _korean_phrases if hangul_share(text) >= 0.3 else _english_phrases
    found = [phrase for phrase in find(text) if _quotable(phrase)]
    counts = Counter(found)
    order = {phrase: index for index, phrase in reversed(list(enumerate(found)))}
    return tuple(sorted(order, key=lambda phrase: (-_weight(phrase) - counts[phrase], order[phrase])))


def _visible(text: str) -> str:
    kept = (char for char in nfc(text) if char in "\n\t" or unicodedata.category(char) not in {"Cf", "Cc"})
    return "".join(kept)


def _without_orders(text: str) -> str:
    orders = addresses_grader(text)
    return "\n".join(
        text[span.start : span.end] for span in sentences(text) if not any(span.overlaps(o) for o in orders)
    )


def _quotable(phrase: str) -> bool:
    return len(phrase) <= MAX_PHRASE_CHARS and not _PERSON.search(phrase) and _harmless(phrase)


def _harmless(phrase: str) -> bool:
    return not _PERSONAL.search(phrase) and not addresses_grader(phrase)


def _weight(phrase: str) -> float:
    named = 1.5 if re.search(r"[A-Z]", phrase) else 0
    return min(len(phrase.replace(" ", "")), 12) / 4 + phrase.count(" ") + named


def _korean_phrases(text: str) -> Iterator[str]:
    for clause in re.split(r"[.,!?;:\n()\"'“”‘’·…]+", text):
        words = clause.split()
        for index, word in enumerate(words):
            noun = _noun(word)
            if noun:
                yield " ".join([*_bare_nouns(words[:index]), noun])


def _noun(word: str) -> str | None:
    match = _NOUN_PARTICLE.match(word)
    if match is None or not match["noun"].isalnum():
        return None
    noun, wants = match["noun"], _AFTER.get(match["particle"])
    sound = ending(noun)
    agrees = wants is None or (sound is not Ending.UNKNOWN and wants == (sound is not Ending.VOWEL))
    return noun if agrees and noun not in _PLAIN and not _NO_NOUN.search(noun) else None


def _bare_nouns(words: list[str]) -> list[str]:
    """At most two words in front that carry no particle and no ending, nearest last."""
    found: list[str] = []
    for word in reversed(words[-2:]):
        plain = word in _PLAIN or len(word) < 2 or not word.isalnum() or word.isdigit()
        if plain or _NOT_BARE.search(word):
            break
        found.insert(0, word)
    return found


def _english_phrases(text: str) -> Iterator[str]:
    for clause in re.split(r"[.,!?;:\n()\"“”…]+", text):
        words = clause.split()
        for before, index in zip(words, range(1, len(words)), strict=False):
            run = _run(words[index:])
            if run and _stands_for_work(before.lower(), run):
                yield " ".join(run)


def _stands_for_work(before: str, run: list[str]) -> bool:
    """A lone capitalised word may be somebody's name, unless it stands where tools do."""
    if len(run) == 1 and re.fullmatch(r"[A-Z][a-z]+", run[0]):
        return before in _TOOL_BEFORE
    return before in _OPENS or (len(run) == 1 and bool(re.search(r"[a-z][A-Z]|[A-Z]{2}", run[0])))


def _run(words: list[str]) -> list[str]:
    """At most three words in a row that make a noun phrase."""
    run: list[str] = []
    for word in words[:3]:
        if not _EN_WORD.fullmatch(word) or word.lower() in _PLAIN or re.search(r"(?:ed|ly)$", word):
            break
        run.append(word)
    return [] if run and run[-1].endswith("ing") else run

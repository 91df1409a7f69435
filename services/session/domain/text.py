"""Text as the guard, the evaluator and the evidence check compare it: folding, sentences, stems, n-grams.

Knows Korean and English spelling; does not know what a question, an answer or a score is.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_ABBREVIATIONS = frozenset(
    {"dr.", "mr.", "ms.", "mrs.", "vs.", "etc.", "inc.", "no.", "e.g.", "i.e.", "u.s."}
)
# Spoken Korean arrives without full stops, so a sentence-final ending before a space also ends a sentence.
_SENTENCE_END = re.compile(
    r"[.?!。？！…]+[\"'”’)\]]*(?=\s|$)|\n+"
    r"|(?<=[가-힣])(?:니다|어요|아요|해요|에요|예요|세요|까요|네요|군요|지요|죠|데요|거든요|십시오|시오)(?=\s)"
)
_TOKEN = re.compile(r"[가-힣]+|[a-z][a-z0-9+#]*|\d+")
_KO_ENDING = re.compile(
    r"(?:에서는|에서도|으로는|으로서|으로써|이라고|이라는|에게서|이었습니다|였습니다|입니다|인가요"
    r"|이나|에서|에게|으로|까지|부터|처럼|보다|라고|라는|하고|이며|에는|에도|과의|와의|이란|마다|께서"
    r"|들의|들이|들을|들은|들과|은|는|이|가|을|를|에|로|와|과|도|만|의)$"
)
_KO_VERB = re.compile(
    r"(?<=[가-힣]{2})(?:하|한|할|함|해|했|되|된|될|됨|돼|됐|시키|시킨|드리|드린|드렸|받|있|없)[가-힣]*$"
)
_EN_ENDING = re.compile(r"(?<=[a-z]{3})(?:ings?|ed|ers?|ies|es|s|ly|ments?|ions?)$")
_STOP_KO = (
    "그리고 그래서 하지만 그런데 그러면 그때 당시 저는 제가 저희 저의 우리 이런 그런 저런",
    "어떤 어떻게 무엇 무슨 언제 어디 누가 있는 있었 없는 하는 했던 것이 것을 것은 대해 대한",
    "위해 통해 때문 가장 정말 많이 조금 먼저 다음 지금 이번 말씀 설명 부탁 주세요 있나 있으",
    "했나 하셨 하신 해주 경우 정도 부분 관련 생각 본인 자신 지원자 그것 이것 감사합니다",
    "구체적 이야기 소개 궁금",
)
_STOP_EN = (
    "the and for was were with that this have has had you your our are not but from they their there",
    "what when which who how why about would could should into than then also can did does been being",
    "will one more some any his her its him she them these those tell describe please explain give",
    "time make thing things way",
)
_STOP = frozenset(" ".join(_STOP_KO + _STOP_EN).split())


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets into one text."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Whether the two ranges share at least one character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Folded:
    """Letters and digits only, composed and lower-case; `text[i]` came from `starts[i]` to `ends[i]`."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def places(self, needle: "Folded") -> list[Span]:
        """Every place where `needle` stands, as ranges of the unfolded text."""
        found: list[Span] = []
        at = self.text.find(needle.text) if needle.text else -1
        while at >= 0:
            found.append(Span(self.starts[at], self.ends[at + len(needle.text) - 1]))
            at = self.text.find(needle.text, at + 1)
        return found


def either(*parts: str) -> str:
    """One group of alternatives from pattern pieces, so that a long pattern reads as a list."""
    return "(?:" + "|".join(parts) + ")"


def nfc(text: str) -> str:
    """Composed form, so that a syllable typed as separate jamo equals the same syllable typed whole."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> Folded:
    """Drop spaces, punctuation and case; keep the way back to the exact characters."""
    lowered = text.lower()
    if len(lowered) == len(text) and unicodedata.is_normalized("NFKC", lowered):
        kept = [index for index, char in enumerate(lowered) if char.isalnum()]
        return Folded("".join([lowered[at] for at in kept]), tuple(kept), tuple([at + 1 for at in kept]))
    return _fold_clusters(text)


def _fold_clusters(text: str) -> Folded:
    letters: list[tuple[str, int, int]] = []
    for start, end in _clusters(text):
        for char in unicodedata.normalize("NFKC", text[start:end]).lower():
            if char.isalnum():
                letters.append((char, start, end))
    chars, starts, ends = zip(*letters, strict=True) if letters else ((), (), ())
    return Folded("".join(chars), tuple(starts), tuple(ends))


def _clusters(text: str) -> Iterable[tuple[int, int]]:
    start = 0
    for index in range(1, len(text)):
        if not _joins(text[index]):
            yield start, index
            start = index
    if text:
        yield start, len(text)


def _joins(char: str) -> bool:
    return bool(unicodedata.combining(char)) or "\u1160" <= char <= "\u11ff"


def sentence_ends(text: str) -> tuple[int, ...]:
    """Offsets behind each end of a sentence; decimals and abbreviations do not end one."""
    ends = (match.end() for match in _SENTENCE_END.finditer(text))
    return tuple(end for end in ends if not _abbreviates(text, end))


def sentences(text: str) -> tuple[Span, ...]:
    """Sentence ranges with surrounding white space left out; the last one may be unfinished."""
    spans: list[Span] = []
    start = 0
    for end in (*sentence_ends(text), len(text)):
        _keep(spans, text, start, end)
        start = end
    return tuple(spans)


def _abbreviates(text: str, end: int) -> bool:
    before = text[:end].rsplit(None, 1)
    return bool(before) and before[-1].lower() in _ABBREVIATIONS


def _keep(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    if piece.strip():
        spans.append(Span(start + left, start + len(piece.rstrip())))


def stem(word: str) -> str:
    """A word without its particle or ending; a rough cut, good for overlap and nothing else."""
    if "가" <= word[0] <= "힣":
        cut = _KO_VERB.sub("", word)
        shorter = _KO_ENDING.sub("", cut) if len(cut) > 2 else cut
        return shorter if len(shorter) >= 2 else cut
    return _EN_ENDING.sub("", word) if len(word) > 4 else word


def is_function_word(word: str) -> bool:
    """Whether a word only joins others ("그래서", "the") and says nothing of its own."""
    lowered = word.lower()
    return lowered in _STOP or (len(lowered) <= 2 and lowered.isascii() and lowered.isalpha())


def stems(text: str) -> list[str]:
    """Stems of the content words, in order; function words and single syllables are left out."""
    words = (word for word in _TOKEN.findall(nfc(text).lower()) if len(word) > 1 and word not in _STOP)
    return [cut for cut in map(stem, words) if len(cut) > 1 and cut not in _STOP]


def ngrams(text: str, size: int) -> frozenset[str]:
    """Character n-grams of already folded text; text shorter than `size` is its own only n-gram."""
    if len(text) <= size:
        return frozenset({text}) if text else frozenset()
    return frozenset(text[index : index + size] for index in range(len(text) - size + 1))


def similarity(left: str, right: str) -> float:
    """Dice coefficient of the folded texts' character trigrams, 0 to 1."""
    one, other = ngrams(fold(left).text, 3), ngrams(fold(right).text, 3)
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def script_of(char: str) -> str:
    """`hangul`, `latin`, `greek`, `foreign` for any other alphabet, or `` for what is no letter."""
    if not char.isalpha():
        return ""
    name = unicodedata.name(char, "").replace("FULLWIDTH ", "").split(" ", 1)[0].lower()
    return name if name in {"hangul", "latin", "greek", "micro"} else "foreign"


def hangul_share(text: str) -> float:
    """Hangul letters over all letters, 0 to 1; 0 where there are no letters."""
    scripts = [script for script in map(script_of, text) if script]
    return scripts.count("hangul") / len(scripts) if scripts else 0.0

"""Decides, while a question is still being written, which of its words may be shown; shown words stay shown.

Does not know who writes the question, where it is shown, or what happens after a refusal.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.session.domain.text import (
    fold,
    hangul_share,
    nfc,
    script_of,
    sentence_ends,
    sentences,
    similarity,
)
from services.session.domain.thinking import spoken
from services.session.domain.topics import Topic

_NEVER = re.compile(r"(?!)")
_MARKUP = re.compile(
    r"[<>{}\[\]`|\\]|\*\*|__|~~|##|==|https?:|www\.|\S@\S+\.\S|([^\w\s])\1{3}"
    r"|^\s*(?:[-*•#]\s|\d{1,2}[.)]\s)"
    r"|^\s*(?:assistant|interviewer|system|user|candidate|question|answer|q|a|q\d|면접관|질문|지원자|답변|시스템)\s?\d?\s?[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_CLAUSE_END = {
    "ko": re.compile(
        r"[,;:·–—]['\"”’)]*\s"
        r"|(?<=[가-힣])(?:는데|은데|던데|지만|으며|하며|면서|라면|다면|아서|어서|해서|려고|하고|니까|는지|도록|다가|거나|더니"
        r"|때|에서|에게서|동안|위해|통해|대해|관련해|점은|것은|이유는|과정은)\s|(?<=[가-힣]\s[후뒤중전])\s"
    ),
    "en": re.compile(
        r"[,;:–—]['\"”’)]*\s"
        r"|\s(?=(?:and|but|when|while|because|which|that|if|whether|so|how|what|why|where|who)\s)",
        re.IGNORECASE,
    ),
}
_ASKS = {
    "ko": re.compile(
        r"\?|(?:까요|나요|가요|니까|을지요|주세요|주십시오|주시겠어요|보세요|부탁드립니다|부탁드려요|부탁합니다|바랍니다"
        r"|궁금합니다|궁금해요|싶습니다|싶어요)[\"'”’)\s.!]*$"
    ),
    "en": re.compile(
        r"\?|^(?:(?:please|now|so|then|first|next|finally|lastly)[,\s]+)*"
        r"(?:tell|describe|explain|share|walk|give|talk|introduce|name|outline|take)\b"
        r"|\b(?:i['’]d (?:like|love)|i would (?:like|love)|i am curious|i['’]m curious)\b",
        re.IGNORECASE,
    ),
}
_HANGUL_SHARE = {"ko": (0.3, 1.0), "en": (0.0, 0.3)}
_RAW_FACTOR = 40


class Refusal(StrEnum):
    """Why a question may not be asked."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_QUESTION = "no_question"
    SEVERAL_QUESTIONS = "several_questions"
    SEVERAL_SENTENCES = "several_sentences"
    MARKUP = "markup"
    LANGUAGE = "language"
    REPEAT = "repeat"
    PROMPT_LEAK = "prompt_leak"
    FORBIDDEN_TOPIC = "forbidden_topic"
    THINKING = "thinking"


@dataclass(frozen=True, slots=True)
class Released:
    """Text that may be shown now, after what was released before; often empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The question may not be asked; `topic` names the forbidden topic where that was the reason."""

    reason: Refusal
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Final:
    """The whole question, and the part of it not released yet."""

    text: str
    rest: str


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """What to refuse. Lengths in characters; `similarity` is a share of common trigrams, 0 to 1."""

    topics: tuple[Topic, ...] = ()
    leaks: re.Pattern[str] = field(default=_NEVER)
    min_chars: int = 8
    max_chars: int = 300
    hold_chars: int = 24
    max_sentences: int = 2
    similarity: float = 0.8
    starts_in_thinking: bool = False
    """True where the prompt itself opened a thinking tag, so that the text begins inside one."""


class QuestionGuard:
    """One question's guard: feed it text as it arrives, show what it releases, then finish.

    The verdict does not depend on how the text was cut into pieces. What was released is a prefix of the
    final text. A refusal is for good: every later call returns it again.
    """

    def __init__(self, language: str, asked: Sequence[str], policy: GuardPolicy) -> None:
        self._language = language
        self._asked = [text[s.start : s.end] for text in map(nfc, asked) for s in sentences(text)]
        self._policy = policy
        self._raw = "<think>" if policy.starts_in_thinking else ""
        self._shown = 0
        self._text = ""
        self._settled = ""
        self._end: Refused | Final | None = None

    @property
    def released(self) -> str:
        """All text released so far; after a refusal this is what watchers have seen."""
        return self._text[: self._shown]

    def repeats(self, question: str) -> bool:
        """Whether a whole question is too like one asked before; looks at nothing else."""
        return self._repeat(question) is not None

    def feed(self, text: str) -> Released | Refused:
        """Take the next piece; return what may be shown now.

        Raises:
            ValueError: the question is finished already.
        """
        if isinstance(self._end, Final):
            raise ValueError("the question is finished; make a new guard for the next one")
        if self._end is None:
            self._raw += text
            self._end = self._early_refusal()
        return self._end if self._end else self._release()

    def judge(self, question: str) -> Final | Refused:
        """`feed` and `finish` for a question that is whole already; works out nothing to show on the way."""
        self._raw += question
        self._end = self._end or self._early_refusal()
        return self.finish()

    def finish(self) -> Final | Refused:
        """Say that no more text comes; return the whole question or why it may not be asked."""
        if self._end is None:
            whole = self._text.rstrip()
            self._end = self._late_refusal(whole) or Final(whole, whole[self._shown :])
            self._text, self._shown = (
                (whole, len(whole)) if isinstance(self._end, Final) else (self._text, self._shown)
            )
        return self._end

    def _early_refusal(self) -> Refused | None:
        heard = spoken(self._raw)
        self._text = _one_line(heard.text)
        limit = self._policy.max_chars
        if len(self._text.rstrip()) > limit:
            return Refused(Refusal.TOO_LONG)
        if len(self._raw) > limit * _RAW_FACTOR:
            return Refused(Refusal.THINKING)
        return _broken_form(heard.text) or self._broken_rule()

    def _broken_rule(self) -> Refused | None:
        """What the text so far breaks for certain, whatever may still follow."""
        settled = self._text[: self._text.rfind(" ") + 1]
        if settled == self._settled:  # No word was completed, so nothing new is certain.
            return None
        self._settled = settled
        closed = self._text[: max((end for end in sentence_ends(settled) if end < len(settled)), default=0)]
        return (
            self._several(closed, self._text)
            or self._leak_or_topic(settled, [t for t in self._policy.topics if not t.settles_late])
            or self._leak_or_topic(closed, self._policy.topics)
            or self._repeat(closed)
        )

    def _late_refusal(self, whole: str) -> Refused | None:
        if spoken(self._raw).open:
            return Refused(Refusal.THINKING)
        if len(whole) < self._policy.min_chars:
            return Refused(Refusal.TOO_SHORT)
        return (
            self._several(whole, whole)
            or self._leak_or_topic(whole + " ", self._policy.topics)
            or self._repeat(whole)
            or (None if self._in_language(whole) else Refused(Refusal.LANGUAGE))
            or (None if self._asks(whole) else Refused(Refusal.NO_QUESTION))
        )

    def _several(self, closed: str, text: str) -> Refused | None:
        asking = [self._asks(closed[s.start : s.end]) for s in sentences(closed)]
        more = bool(text[len(closed) :].strip())
        if sum(asking) > 1 or (any(asking) and (more or not asking[-1])):
            return Refused(Refusal.SEVERAL_QUESTIONS)
        if len(asking) + more > self._policy.max_sentences:
            return Refused(Refusal.SEVERAL_SENTENCES)
        return None

    def _asks(self, sentence: str) -> bool:
        last = sentences(sentence)[-1:]
        return any(_ASKS[self._language].search(sentence[s.start : s.end]) for s in last)

    def _leak_or_topic(self, text: str, topics: Sequence[Topic]) -> Refused | None:
        if self._policy.leaks.search(text):
            return Refused(Refusal.PROMPT_LEAK)
        touched = next((topic.id for topic in topics if topic.touches(text)), None)
        return Refused(Refusal.FORBIDDEN_TOPIC, touched) if touched else None

    def _repeat(self, text: str) -> Refused | None:
        asking = [text[s.start : s.end] for s in sentences(text) if self._asks(text[s.start : s.end])]
        if any(similarity(new, old) >= self._policy.similarity for new in asking for old in self._asked):
            return Refused(Refusal.REPEAT)
        return None

    def _in_language(self, text: str) -> bool:
        low, high = _HANGUL_SHARE[self._language]
        return low <= hangul_share(text) <= high and any(script_of(char) for char in text)

    def _release(self) -> Released:
        end = self._releasable()
        if end <= self._shown or not self._in_language(self._text[:end]):
            return Released("")
        piece = self._text[self._shown : end]
        self._shown = end
        return Released(piece)

    def _releasable(self) -> int:
        """Where the last clause ends that no forbidden word, leak or repeat can still grow into."""
        horizon = len(self._text) - self._policy.hold_chars
        clauses = [match.end() for match in _CLAUSE_END[self._language].finditer(self._text)]
        stops = [end + 1 for end in sentence_ends(self._text)]
        ready = [end for end in [*clauses, *stops] if self._shown < end <= horizon]
        safe = self._suspect() if ready else 0
        return max((end for end in ready if end <= safe), default=0)

    def _suspect(self) -> int:
        """Start of the first sentence that holds a word which is, or may become, a reason to refuse."""
        opened = [at for topic in self._policy.topics if (at := topic.opens(self._text)) is not None]
        starts = [s.start for s in sentences(self._text)]
        held = [max((s for s in starts if s <= at), default=0) for at in opened]
        tail = starts[-1] if starts else 0
        return min([*held, tail] if self._echoes(self._text[tail:]) else held, default=len(self._text))

    def _echoes(self, beginning: str) -> bool:
        """Whether the sentence begins as an earlier question did."""
        length = len(fold(beginning).text)
        heads = (fold(old).text[:length] for old in self._asked)
        return length > 0 and any(similarity(beginning, head) >= self._policy.similarity for head in heads)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", nfc(text)).lstrip()


def _broken_form(text: str) -> Refused | None:
    if _MARKUP.search(text) or any(
        unicodedata.category(char) in {"So", "Cs", "Co", "Cf", "Cn"} for char in text
    ):
        return Refused(Refusal.MARKUP)
    if any(script_of(char) == "foreign" for char in nfc(text)):
        return Refused(Refusal.LANGUAGE)
    return None

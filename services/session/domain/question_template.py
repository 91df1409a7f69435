"""Questions with slots, such as "{skill}을(를) 쓰신 경험", as scenario files hold them.

Does not know where the words for the slots come from, nor which template is asked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.session.domain.guard import GuardPolicy, QuestionGuard, Refused
from services.session.domain.korean import PARTICLES, particle

SLOTS = ("skill", "project", "employer", "role", "achievement", "previous", "job", "value")
MAX_QUESTION_CHARS = 200
MAX_SLOT_CHARS = 40

_FORMS = "|".join(re.escape(form) for form in sorted(PARTICLES, key=len, reverse=True))
_SLOT = re.compile(r"\{([^{}]*)\}")
_FILLED = re.compile(rf"\{{(?P<slot>\w+)\}}(?P<quote>['\"’”]?)(?P<form>{_FORMS})?")
_BARE_PARTICLE = re.compile(
    r"\}['\"’”]?(?P<bare>은|는|이|가|을|를|과|와|으로|로|이?라는|이?라고|이?란|이?나)(?=[\s,.?]|$)"
)
_SAMPLES = {
    "ko": {"value": "고객 중심", "previous": "주문 처리 시스템", "job": "백엔드 개발자"},
    "en": {"value": "customer focus", "previous": "order pipeline", "job": "backend engineer"},
}
_SAMPLE = {"ko": "데이터 수집 과제", "en": "data platform"}


@dataclass(frozen=True, slots=True)
class QuestionTemplate:
    """One template; `slots` in the order of the text, each once."""

    text: str
    slots: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "QuestionTemplate":
        return cls(text, tuple(dict.fromkeys(_SLOT.findall(text))))

    def fill(self, words: Mapping[str, str]) -> str:
        """The question, with particles that fit the words. Raises KeyError when a slot has no word."""

        def put(match: re.Match[str]) -> str:
            word, form = words[match["slot"]], match["form"]
            return word + match["quote"] + (particle(word, form) if form else "")

        return _FILLED.sub(put, self.text)


def template_problems(text: str, language: str, policy: GuardPolicy) -> tuple[str, ...]:
    """Why a template may not be asked, each with its remedy after "; "; empty when it may."""
    problems = _slot_problems(text) + _particle_problems(text, language)
    return problems or _question_problems(QuestionTemplate.of(text), language, policy)


def question_fits(question: str, language: str, asked: tuple[str, ...], policy: GuardPolicy) -> bool:
    """Whether the guard lets the whole question pass, with one question mark and within the bank's length."""
    if question.count("?") != 1 or not question.endswith("?") or len(question) > MAX_QUESTION_CHARS:
        return False
    return _refusal(question, language, asked, policy) is None


def _slot_problems(text: str) -> tuple[str, ...]:
    unknown = tuple(
        f"unknown slot {{{slot}}}; known slots: {', '.join(SLOTS)}"
        for slot in _SLOT.findall(text)
        if slot not in SLOTS
    )
    stray = set("{}") & set(_SLOT.sub("", text))
    return (*unknown, "a brace without its partner; write slots as {skill}") if stray else unknown


def _particle_problems(text: str, language: str) -> tuple[str, ...]:
    if language != "ko":
        return ()
    bare = (match["bare"] for match in _BARE_PARTICLE.finditer(text))
    return tuple(
        f"the particle {word!r} behind a slot does not fit every word; write one of {', '.join(PARTICLES)}"
        for word in bare
    )


def _question_problems(template: QuestionTemplate, language: str, policy: GuardPolicy) -> tuple[str, ...]:
    longest = len(template.text) + sum(MAX_SLOT_CHARS - len(slot) for slot in template.slots)
    if longest > MAX_QUESTION_CHARS:
        return (f"may become {longest} characters long; keep it within {MAX_QUESTION_CHARS}, slots included",)
    sample = template.fill(dict.fromkeys(SLOTS, _SAMPLE[language]) | _SAMPLES[language])
    if sample.count("?") != 1 or not sample.endswith("?"):
        return ("a fallback asks one question; end it with its only question mark",)
    refusal = _refusal(sample, language, (), policy)
    if refusal is None:
        return ()
    topic = f" ({refusal.topic})" if refusal.topic else ""
    return (f"the question guard refuses it: {refusal.reason}{topic}; word it otherwise",)


def _refusal(question: str, language: str, asked: tuple[str, ...], policy: GuardPolicy) -> Refused | None:
    end = QuestionGuard(language, asked, policy).judge(question)
    return end if isinstance(end, Refused) else None

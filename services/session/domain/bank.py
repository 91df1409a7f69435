"""The question bank: an answer to "what may be asked now?" that never waits and never fails.

Does not know models, clocks or storage; the same context always gives the same question.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from services.session.domain.guard import GuardPolicy, QuestionGuard
from services.session.domain.phrases import clean_topic, salient_phrases
from services.session.domain.question_template import QuestionTemplate, question_fits
from services.session.domain.scenario.model import Language, Stage
from services.session.domain.text import fold, sentences

_WORDS_PER_SLOT = 12
_FILLINGS_PER_TEMPLATE = 48
_PHRASES = 3
_ANSWER_CHARS = 6000


@dataclass(frozen=True, slots=True)
class Topics:
    """Words of the résumé by kind, as they stand there; unfit ones are left out by the bank."""

    skills: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    employers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    achievements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BankContext:
    """What a question may be made of. `asked` holds every question of the interview so far."""

    language: Language
    topics: Topics = Topics()
    last_answer: str = ""
    asked: Sequence[str] = ()
    job_title: str = ""
    # What the company looks for, as its talent profile words it.
    values: tuple[str, ...] = ()
    seed: str = ""
    # Lead-ins of the scenario that let a question be put once more, each with {question}.
    variations: tuple[str, ...] = ()
    policy: GuardPolicy = field(default_factory=GuardPolicy)


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """`template_id` is "<stage>#<number of its fallback, from 1>"; `slots` are (slot, word) pairs."""

    text: str
    template_id: str
    slots: tuple[tuple[str, str], ...] = ()


def choose_question(stage: Stage, context: BankContext) -> BankQuestion:
    """The best question that has not been asked; when all have been, the one asked longest ago.

    Follow-ups prefer to quote the last answer, other stages prefer words of the résumé that no question
    has used. Whatever is chosen passes the guard under `context.policy`, as every stage has a question
    without slots that was checked when its scenario was loaded.
    """
    phrases = salient_phrases(context.last_answer[:_ANSWER_CHARS])[:_PHRASES]
    words = _words(context) | {"previous": phrases}
    candidates = sorted(_candidates(stage, words), key=lambda c: _rank(c, stage, context, phrases))
    return _fresh(candidates, context) or _varied(candidates, context) or _oldest(candidates, context)


def _candidates(stage: Stage, words: dict[str, tuple[str, ...]]) -> Iterator[BankQuestion]:
    for number, text in enumerate(stage.fallbacks, start=1):
        template = QuestionTemplate.of(text)
        choices = [[(slot, word) for word in words[slot]] for slot in template.slots]
        for filling in islice(product(*choices), _FILLINGS_PER_TEMPLATE):
            if len({word for _, word in filling}) == len(filling):
                yield BankQuestion(template.fill(dict(filling)), f"{stage.id}#{number}", tuple(filling))


def _words(context: BankContext) -> dict[str, tuple[str, ...]]:
    topics = context.topics
    found = {
        "skill": topics.skills,
        "project": topics.projects,
        "employer": topics.employers,
        "role": topics.roles,
        "achievement": topics.achievements,
        "job": (context.job_title,),
        "value": context.values,
    }
    return {slot: _fit(texts) for slot, texts in found.items()}


def _fit(texts: Sequence[str]) -> tuple[str, ...]:
    cleaned = (clean_topic(text) for text in texts[: 4 * _WORDS_PER_SLOT])
    return tuple(dict.fromkeys(word for word in cleaned if word))[:_WORDS_PER_SLOT]


def _rank(
    question: BankQuestion, stage: Stage, context: BankContext, phrases: tuple[str, ...]
) -> tuple[float, ...]:
    """Lower is better; the last part shuffles equals by the seed."""
    slots = dict(question.slots)
    known = [word.lower() for slot, word in question.slots if slot not in {"previous", "job"}]
    follows, quote = stage.follows is not None, slots.get("previous")
    before = (context.last_answer if follows else " ".join(context.asked)).lower()
    touched = sum(word in before for word in known)
    digest = hashlib.sha256(f"{context.seed}/{question.template_id}/{question.text}".encode()).digest()
    return (
        not (follows and quote),
        not slots,
        -touched if follows else touched,
        phrases.index(quote) if quote else 0,
        int.from_bytes(digest[:6], "big"),
    )


def _fresh(candidates: Sequence[BankQuestion], context: BankContext) -> BankQuestion | None:
    asked = tuple(context.asked)
    guard = QuestionGuard(context.language, asked, context.policy)

    def fits(question: BankQuestion) -> bool:
        if not question.slots:  # passed the guard when its scenario was loaded
            return not guard.repeats(question.text)
        return question_fits(question.text, context.language, asked, context.policy)

    return next(filter(fits, candidates), None)


def _varied(candidates: Sequence[BankQuestion], context: BankContext) -> BankQuestion | None:
    """A question asked before, put in words that no earlier question had."""
    known = {fold(text).text for text in context.asked}
    for lead in _leads(context):
        for question in candidates:
            text = lead.replace("{question}", question.text if lead == "{question}" else _core(question))
            new = fold(text).text not in known
            if new and question_fits(text, context.language, (), context.policy):
                return BankQuestion(text, question.template_id, question.slots)
    return None


def _core(question: BankQuestion) -> str:
    """The question without the sentence in front of it, unless that holds a word the question needs."""
    span = sentences(question.text)[-1]
    core = question.text[span.start : span.end]
    return core if all(word in core for _, word in question.slots) else question.text


def _leads(context: BankContext) -> Iterator[str]:
    """The plain question first, then every lead-in, beginning with another one each time."""
    yield "{question}"
    start = len(context.asked) % max(1, len(context.variations))
    yield from (*context.variations[start:], *context.variations[:start])


def _oldest(candidates: Sequence[BankQuestion], context: BankContext) -> BankQuestion:
    last_asked = {text: index for index, text in enumerate(context.asked)}
    plain = [candidate for candidate in candidates if not candidate.slots]
    return min(plain or candidates, key=lambda candidate: last_asked.get(candidate.text, -1))

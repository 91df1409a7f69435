"""Noun phrases of the résumé's own that a question may use.
Knows no question and lets no personal data through."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.session.domain.resumes.chunks import sentences
from services.session.domain.resumes.lexicon import PhraseWords, SectionKind
from services.session.domain.resumes.lines import CONTACT, figures, unbulleted
from services.session.domain.resumes.places import Place, find_places, is_role
from services.session.domain.resumes.projects import find_projects
from services.session.domain.resumes.sections import Section

MAX_TOPIC_CHARS = 40
_MIN_TOPIC_CHARS = 2
_PER_KIND = 8
_ACHIEVING = (
    SectionKind.EXPERIENCE,
    SectionKind.PROJECTS,
    SectionKind.SUMMARY,
    SectionKind.AWARDS,
    SectionKind.ACTIVITIES,
    SectionKind.SELF_INTRODUCTION,
)
# Where a Korean clause ends and the next begins; nouns that only look like such an ending are not cut.
_CLAUSE = re.compile(
    r"[,;.]\s+|(?:하여|하고|했고|였고|었고|되고|이고|하며|되며|으며|면서|해서|어서|아서|함으로써|결과|따라|"
    r"(?<![이손피저방])해|들어|늘려|줄여|높여|바꿔|옮겨|나눠|붙여|낮춰)\s"
)
_TIME = re.compile(r"(?:시간|분|초|일|ms|s|sec)$")
_LEADING = re.compile(r"^(?:그|이|이를|또한|결국|저는|제가|약|총|특히|실제로|이후|그리고|당시|매우|및|등)\s+")
_ADVERB = re.compile(
    r"^(?:successfully|also|single-handedly|personally|consistently|significantly)\s+", re.IGNORECASE
)
_ENGLISH_CUT = re.compile(
    r"\s(?:by|through|using|with|for|in|across|while|and|within|via|after|on|which|that|per)\s|\sto\s(?=[a-z])|[,;(]\s?"
)
_WIDE_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|GB|TB|MB|TPS|QPS|RPS|%)\b)")


@dataclass(frozen=True)
class Topic:
    """A noun phrase of at most MAX_TOPIC_CHARS and the section it stands in."""

    text: str
    section: SectionKind


@dataclass(frozen=True)
class ResumeTopics:
    """What questions are built of; every list is in the order of the résumé and may be empty."""

    skills: tuple[Topic, ...] = ()
    projects: tuple[Topic, ...] = ()
    employers: tuple[Topic, ...] = ()
    roles: tuple[Topic, ...] = ()
    achievements: tuple[Topic, ...] = ()


def find_topics(
    sections: tuple[Section, ...],
    skills: Iterable[str],
    words: PhraseWords,
    is_personal: Callable[[str], bool],
) -> ResumeTopics:
    """`is_personal` says whether a phrase tells who the person is; such phrases are left out."""

    def kept(found: Iterable[Topic]) -> tuple[Topic, ...]:
        fitting = [topic for topic in found if _fits(topic.text) and not is_personal(topic.text)]
        return tuple({topic.text.casefold(): topic for topic in reversed(fitting)}.values())[::-1][:_PER_KIND]

    places = [
        (place, s.kind)
        for s in sections
        if s.kind is SectionKind.EXPERIENCE
        for place in find_places(s.text, words)
    ]
    return ResumeTopics(
        skills=kept(Topic(skill, _section_naming(skill, sections)) for skill in skills),
        projects=kept(Topic(name, s.kind) for s in sections for name in find_projects(s.kind, s.text, words)),
        employers=kept(_of(places, lambda place: place.employer)),
        roles=kept([*_own_roles(sections, words), *_of(places, lambda place: place.role)]),
        achievements=kept(
            Topic(a, s.kind) for s in sections if s.kind in _ACHIEVING for a in achievements(s.text, words)
        ),
    )


def achievements(text: str, words: PhraseWords) -> Iterator[str]:
    """`…응답 시간을 820ms에서 140ms로 줄였습니다` -> `응답 시간을 820ms에서 140ms로 단축`;
    English as gerunds."""
    for line in sentences(text):
        for sentence in re.split(r"(?<=[.!?])\s", unbulleted(line)):
            phrase = _english_achievement(sentence, words) or _korean_achievement(sentence, words)
            if phrase:
                yield phrase


def _of(places: Sequence[tuple[Place, SectionKind]], part: Callable[[Place], str]) -> Iterator[Topic]:
    return (Topic(text, kind) for place, kind in places if (text := part(place)))


def _own_roles(sections: tuple[Section, ...], words: PhraseWords) -> Iterator[Topic]:
    """A role set as a line of its own under the name, at the top of the résumé."""
    for section in (s for s in sections[:1] if s.kind is SectionKind.PROFILE):
        for line in section.text.split("\n")[:6]:
            if " " in line and is_role(line, words) and not figures(line):
                yield Topic(line, section.kind)


def _fits(text: str) -> bool:
    return _MIN_TOPIC_CHARS <= len(text) <= MAX_TOPIC_CHARS and not CONTACT.search(text)


def _section_naming(skill: str, sections: tuple[Section, ...]) -> SectionKind:
    """Where the skill was put to use, rather than listed, when there is such a place."""
    naming = [s.kind for s in sections if skill.casefold() in s.text.casefold()]
    used = [kind for kind in naming if kind in (SectionKind.EXPERIENCE, SectionKind.PROJECTS)]
    return (used or naming or [SectionKind.SKILLS])[0]


def _korean_achievement(sentence: str, words: PhraseWords) -> str:
    found = figures(sentence)
    ending = _result_ending(sentence, found[0], words) if found else None
    if not ending:
        return ""
    end, noun = ending
    last = [figure for figure in found if figure.end() <= end][-1]
    start = max((m.end() for m in _CLAUSE.finditer(sentence, 0, last.start())), default=0)
    # "매출 12억 원을 달성" is said without its particle.
    body = re.sub(r"(?<=[가-힣\d%])[을를]$", "", sentence[start:end].rstrip())
    phrase = _LEADING.sub("", f"{body} {noun}".strip())
    return _trimmed(phrase, keep_from=last[0])


def _result_ending(sentence: str, figure: re.Match[str], words: PhraseWords) -> tuple[int, str] | None:
    """(where the phrase ends, the noun to end it with) of the first result told behind a figure."""
    options: list[tuple[int, str]] = []
    for stem, noun, noun_of_time in words.noun_endings:
        at = sentence.find(stem, figure.end())
        if at >= 0 and sentence[at - 1] in " 을를":
            options.append((at, noun_of_time if _TIME.search(figure[0]) else noun))
    nouns = "|".join(words.result_nouns)
    match = re.compile(rf"\s?({nouns})(?=$|[\s.,!)]|하|해|했|함|한|됨|되|시|을|를|으로|로)").search(
        sentence, figure.end()
    )
    if match:
        options.append((match.start(), match[1]))
    return min(options) if options else None


def _trimmed(phrase: str, keep_from: str) -> str:
    """Leading words go until it fits; "" when the figure itself would go."""
    while len(phrase) > MAX_TOPIC_CHARS:
        head, _, rest = phrase.partition(" ")
        if not rest or keep_from in head or keep_from not in rest:
            return ""
        phrase = rest
    return phrase if len(phrase.split()) > 1 else ""


def _english_achievement(sentence: str, words: PhraseWords) -> str:
    clauses = re.split(r",\s+(?:and\s+)?", sentence.rstrip(".! "))
    whole = _gerund(_ADVERB.sub("", sentence.rstrip(".! ")), words)
    return next(
        (short for phrase in [whole, *(_gerund(c, words) for c in clauses)] if (short := _short(phrase))), ""
    )


def _gerund(clause: str, words: PhraseWords) -> str:
    """`Reduced latency by 40%` and `reducing latency by 40%` -> the latter; "" for any other clause."""
    first, _, rest = clause.partition(" ")
    low = first.casefold()
    gerund = low if low in words.english_verbs.values() else words.english_verbs.get(low)
    return f"{gerund} {rest}" if gerund and rest else ""


def _short(phrase: str) -> str:
    """The longest beginning that fits, ends at a boundary and still has its figure; else ""."""
    phrase = _WIDE_UNIT.sub("", phrase)
    if len(phrase) <= MAX_TOPIC_CHARS:
        return phrase if figures(phrase) else ""
    cuts = [m.start() for m in _ENGLISH_CUT.finditer(phrase, 0, MAX_TOPIC_CHARS + 12)]
    return next((phrase[:at] for at in reversed(cuts) if at <= MAX_TOPIC_CHARS and figures(phrase[:at])), "")

"""Composes spoken-style answers from a question, a stage and résumé words; equal seeds give equal answers.

Does not know how answers are scored.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_PARTS = ("situation", "task", "action", "result")
_WORDS = 4  # of the question that an answer may take up
_WORD = re.compile(r"[가-힣]{2,}|[A-Za-z][A-Za-z0-9+#]{2,}")
_KO_PARTICLE = re.compile(
    r"(?<=[가-힣]{2})(?:에서는|에서|에게|으로|까지|부터|처럼|하고|은|는|이|가|을|를|에|로|와|과|도|만|의)$"
)
# Korean words that end so are verbs: they cannot stand where a noun is slotted in.
_KO_VERB = re.compile(r"(?:요|죠|혀|려|겨|다|고|면|며|서|던|신|한|된|할|될|는|은|게|지)$")
# What a stage's name holds, and the kind of answer that fits it.
_FAMILIES = (
    ("introduc", "introduction"),
    ("motiv", "motivation"),
    ("reason", "motivation"),
    ("skill", "skill"),
    ("experience", "experience"),
    ("problem", "problem"),
    ("collab", "collaboration"),
    ("team", "collaboration"),
    ("value", "values"),
    ("growth", "growth"),
    ("learn", "growth"),
    ("clos", "closing"),
)
_SLOT = re.compile(r"\{(topic|other|word|who)\}([을를은는이가과와](?=\s))?")
_PARTICLES = {
    each: pair for pair in (("을", "를"), ("은", "는"), ("이", "가"), ("과", "와")) for each in pair
}


@dataclass(frozen=True)
class Parts:
    """Sentences to draw from; `{topic}`, `{other}`, `{word}`, `{n}`, `{pct}`, `{who}` are slotted in."""

    situation: tuple[str, ...]
    task: tuple[str, ...]
    action: tuple[str, ...]
    result: tuple[str, ...]


@dataclass(frozen=True)
class Phrasebook:
    """What answers of one language are made of; `work` stands in where a question has no usable word."""

    families: Mapping[str, Parts]
    who: tuple[str, ...]
    work: str
    ignored: frozenset[str]


@cache
def phrasebook(language: str) -> Phrasebook:
    """`language` is "ko" or "en"."""
    text = Path(__file__).with_name(f"answers.{language}.yaml").read_text(encoding="utf-8")
    told = yaml.safe_load(text)
    families = {
        name: Parts(*(tuple(parts[part]) for part in _PARTS)) for name, parts in told["families"].items()
    }
    return Phrasebook(families, tuple(told["who"]), told["work"], frozenset(told["ignored"]))


def compose(question: str, stage_id: str, language: str, topics: Sequence[str] = (), seed: int = 0) -> str:
    """One answer of four to six sentences to `question`, which the stage `stage_id` asked.

    `topics` are words of the candidate's résumé; those the question names come first.
    """
    rng = random.Random(f"{seed}/{stage_id}/{question}")  # noqa: S311 - variety, not secrecy
    book = phrasebook(language)
    parts = book.families[family(stage_id)]
    slots = _slots(question, book, topics, rng)
    chosen = [rng.choice(part) for part in (parts.situation, parts.task, parts.action, parts.result)]
    extra = [line for line in (*parts.action, *parts.result) if line not in chosen]
    lines = chosen[:3] + rng.sample(extra, rng.randint(0, len(extra))) + chosen[3:]
    return " ".join(_filled(line, slots, rng) for line in lines)


def family(stage_id: str) -> str:
    """The kind of answer that a stage asks for."""
    return next((name for sign, name in _FAMILIES if sign in stage_id.lower()), "experience")


def _slots(question: str, book: Phrasebook, topics: Sequence[str], rng: random.Random) -> dict[str, str]:
    named = [topic for topic in topics if topic.lower() in question.lower()]
    words = _words_of(question, book)
    topic = rng.choice(named or list(topics) or words)
    others = [each for each in topics if each != topic] or words
    return {
        "topic": topic,
        "other": rng.choice(others),
        "word": rng.choice(words),
        "who": rng.choice(book.who),
    }


def _words_of(question: str, book: Phrasebook) -> list[str]:
    """The longest words that say what a question is about."""
    found = (_noun(match.group()) for match in _WORD.finditer(question))
    words = dict.fromkeys(word for word in found if word and word.lower() not in book.ignored)
    return sorted(words, key=len, reverse=True)[:_WORDS] or [book.work]


def _noun(word: str) -> str:
    """The word without its particle; empty for a Korean verb."""
    if word[0] < "가":
        return word
    return "" if _KO_VERB.search(word) else _KO_PARTICLE.sub("", word)


def _filled(line: str, slots: Mapping[str, str], rng: random.Random) -> str:
    numbers = {"n": str(rng.randint(2, 9)), "pct": str(rng.randint(11, 64))}
    slotted = _SLOT.sub(lambda match: with_particle(slots[match[1]], match[2]), line)
    return re.sub(r"\{(n|pct)\}", lambda match: numbers[match[1]], slotted)


def with_particle(word: str, particle: str | None) -> str:
    """A word with the particle that its last sound asks for ("캐시" and "을" give "캐시를")."""
    if not particle:
        return word
    last = word[-1]
    closed = (ord(last) - ord("가")) % 28 > 0 if "가" <= last <= "힣" else last.lower() in "lmn"
    return word + _PARTICLES[particle][0 if closed else 1]

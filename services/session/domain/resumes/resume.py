"""Understands a résumé's text: sections, skills, digest, chunks, topics.
Knows no file format, model or store."""

from dataclasses import dataclass

from services.session.domain.resumes.chunks import Chunk, cut_chunks
from services.session.domain.resumes.digest import digest
from services.session.domain.resumes.lexicon import ResumeWords
from services.session.domain.resumes.mask_rules import MaskRules
from services.session.domain.resumes.masking import KnownPersonalData, find_names, mask
from services.session.domain.resumes.sections import Section, split_sections
from services.session.domain.resumes.skills import find_skills
from services.session.domain.resumes.text import language_of, tidy
from services.session.domain.resumes.topics import ResumeTopics, Topic, find_topics


@dataclass(frozen=True)
class Resume:
    """`highlights` are the achievements with figures, best for a first look;
    `digest` has at most 800 characters."""

    language: str
    sections: tuple[Section, ...]
    skills: tuple[str, ...]
    digest: str
    chunks: tuple[Chunk, ...]
    topics: ResumeTopics
    highlights: tuple[Topic, ...]


def understand(text: str, words: ResumeWords, rules: MaskRules, language: str | None = None) -> Resume:
    """The same text gives the same résumé, chunk by chunk. `language` is ko or en;
    the text's own when left out."""
    text = tidy(text)
    sections = split_sections(text, words.sections)
    skills = find_skills(sections, words.skills)
    known = KnownPersonalData(names=find_names(text, rules))
    topics = find_topics(
        sections, skills, words.phrases, lambda phrase: bool(mask(phrase, rules, known).spans)
    )
    return Resume(
        language=language or language_of(text),
        sections=sections,
        skills=skills,
        digest=digest(sections, skills, words),
        chunks=cut_chunks(sections),
        topics=topics,
        highlights=topics.achievements,
    )

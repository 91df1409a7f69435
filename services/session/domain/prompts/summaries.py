"""The prompts that shorten: a résumé to its digest, old turns to a summary. Knows no model."""

from collections.abc import Sequence

from services.session.domain.prompts.question import PromptTurn
from services.session.domain.prompts.template import Message, PromptTemplate, Role

_RESUME_CHARS = 16_000
_ANSWER_CHARS = 4000


def render_digest_messages(template: PromptTemplate, resume_text: str) -> list[Message]:
    """A whole résumé, masked already in blind mode, to be shortened to a few lines."""
    lines = [line for line in resume_text[:_RESUME_CHARS].splitlines() if line.strip()]
    return _two(template, resume=lines)


def render_compaction_messages(
    template: PromptTemplate, turns: Sequence[PromptTurn], summary: str = ""
) -> list[Message]:
    """Answered turns that are to make room, and the summary of those that did so before."""
    told = [
        {"title": turn.stage.title, "question": turn.question or "", "answer": turn.answer[:_ANSWER_CHARS]}
        for turn in turns
    ]
    return _two(template, summary=summary, turns=told)


def _two(template: PromptTemplate, **values: object) -> list[Message]:
    system, task = template.render("system"), template.render("task", **values)
    return [Message(Role.SYSTEM, system), Message(Role.USER, task)]

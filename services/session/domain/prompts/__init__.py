"""Prompts: what a model is told, and nothing about models."""

from services.session.domain.prompts.evaluation import (
    EvaluationContext,
    evaluation_schema,
    render_evaluation_messages,
)
from services.session.domain.prompts.question import (
    PromptBackground,
    PromptTurn,
    QuestionContext,
    render_question_messages,
)
from services.session.domain.prompts.summaries import render_compaction_messages, render_digest_messages
from services.session.domain.prompts.template import (
    Message,
    PromptError,
    PromptTemplate,
    Role,
    parse_prompt,
    prompt_hash,
)

__all__ = [
    "EvaluationContext",
    "Message",
    "PromptBackground",
    "PromptError",
    "PromptTemplate",
    "PromptTurn",
    "QuestionContext",
    "Role",
    "evaluation_schema",
    "parse_prompt",
    "prompt_hash",
    "render_compaction_messages",
    "render_digest_messages",
    "render_evaluation_messages",
    "render_question_messages",
]

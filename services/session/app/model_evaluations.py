"""Evaluations by a language model: JSON that a schema constrains, and scores that evidence must carry."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import jsonschema

from services.session.app.conversation import Conversation
from services.session.app.evaluations import Evaluated
from services.session.app.judgements import to_result
from services.session.app.model import ModelCall, ModelMissing, Priority
from services.session.app.recorded import RecordingModel
from services.session.domain.evidence import judge
from services.session.domain.prompts import (
    EvaluationContext,
    PromptTemplate,
    evaluation_schema,
    render_evaluation_messages,
)
from services.session.domain.rubric import Phrase, RawScore
from services.session.domain.scenario import Language

MAX_TOKENS = 900
MAX_QUOTES = 8

Templates = Callable[[Language], PromptTemplate]


class MalformedOutput(Exception):
    """The model's output is not what the schema asks for; try again."""


def evaluation_key(interview_id: UUID) -> str:
    """Apart from the conversation's own sequence, so that grading never cools it."""
    return f"evaluation:{interview_id}"


class ModelEvaluator:
    """`Evaluator` with a model. Raises ModelUnavailable, ModelMissing or MalformedOutput."""

    def __init__(self, model: RecordingModel, templates: Templates, deadline_s: float) -> None:
        self._model = model
        self._templates = templates
        self._deadline_s = deadline_s

    async def evaluate(self, conversation: Conversation, question: str, answer: str) -> Evaluated:
        if self._model.model.missing:
            raise ModelMissing("no replica has a model")
        stage = conversation.stage
        call = self._call(conversation, question, answer)
        async with self._model.calling(call, self._deadline_s) as running:
            async for _ in running.pieces():
                pass
            try:
                verdict = _parsed(running.text, call.schema or {})
            except MalformedOutput:
                running.record.verdict = "failed:malformed"
                raise
            running.record.verdict = "accepted"
            record = running.record
        judged = judge(_raw(verdict), answer, question, stage.dimensions, "llm")
        remarks = {kind: verdict[kind] for kind in ("strengths", "improvements")}
        model = record.finished.model if record.finished else ""
        return Evaluated(
            "llm", to_result(answer, judged.scores, judged.warnings, remarks), model, record.prompt_hash
        )

    def _call(self, conversation: Conversation, question: str, answer: str) -> ModelCall:
        template = self._templates(conversation.interview.language)
        background = conversation.background
        context = EvaluationContext(
            scenario=conversation.scenario,
            stage=conversation.stage,
            question=question,
            answer=answer,
            job_title=background.job_title,
            values=background.values,
        )
        return ModelCall(
            purpose="evaluation",
            template=template.name,
            messages=tuple(render_evaluation_messages(template, context)),
            key=evaluation_key(conversation.interview.id),
            priority=Priority.BATCH,
            max_tokens=MAX_TOKENS,
            schema=evaluation_schema(conversation.stage.dimensions),
            interview_id=conversation.interview.id,
            turn_id=conversation.turn.id,
        )


def _parsed(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        verdict: dict[str, Any] = json.loads(text)
        jsonschema.validate(verdict, schema)
    except (ValueError, RecursionError, jsonschema.ValidationError) as error:
        raise MalformedOutput(type(error).__name__) from None
    return verdict


def _raw(verdict: dict[str, Any]) -> list[RawScore]:
    return [
        RawScore(
            name,
            said["score"],
            tuple(said["evidence"][:MAX_QUOTES]),
            Phrase.of("report.reason.model", text=said["reason"]),
        )
        for name, said in verdict["scores"].items()
    ]

"""The prompt that has one answer judged, and the form of its verdict. Believes no verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.session.domain.orders import addresses_grader, without_orders
from services.session.domain.prompts.template import Message, PromptTemplate, Role
from services.session.domain.scenario.model import Scenario, Stage

_QUOTES, _QUOTE_CHARS, _REASON_CHARS = 3, 240, 240
_REMARKS, _REMARK_CHARS = 3, 160


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """One answer and what it is judged by; masked already in blind mode."""

    scenario: Scenario
    stage: Stage
    question: str
    answer: str
    job_title: str = ""
    values: tuple[str, ...] = ()


def render_evaluation_messages(template: PromptTemplate, context: EvaluationContext) -> list[Message]:
    """A system message that all answers of a job share, then the fenced answer and what to do with it."""
    system = template.render(
        "system", scenario=context.scenario, job_title=context.job_title, values=context.values
    )
    task = template.render(
        "task",
        stage=context.stage,
        question=context.question,
        # Orders to the grader earn nothing, so the model need not read them.
        answer=without_orders(context.answer, addresses_grader(context.answer)),
        dimensions=[context.scenario.dimension(name) for name in context.stage.dimensions],
    )
    return [Message(Role.SYSTEM, system), Message(Role.USER, task)]


def evaluation_schema(dimensions: Iterable[str]) -> dict[str, Any]:
    """JSON schema of a verdict on these dimension ids, small enough to be made a grammar of.

    {"improvements": [text], "scores": {<dimension>: {"evidence": [quote], "reason": text, "score": 1..5 or
    null}}, "strengths": [text]}. Evidence comes before the score, so that a model looks before it judges.
    """
    score = _object(
        evidence=_texts(_QUOTES, _QUOTE_CHARS),
        reason=_text(_REASON_CHARS),
        score={"enum": [1, 2, 3, 4, 5, None]},
    )
    return _object(
        scores=_object(**dict.fromkeys(dimensions, score)),
        strengths=_texts(_REMARKS, _REMARK_CHARS),
        improvements=_texts(_REMARKS, _REMARK_CHARS),
    )


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    required = list(properties)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _texts(most: int, chars: int) -> dict[str, Any]:
    return {"type": "array", "items": _text(chars), "maxItems": most}


def _text(chars: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": chars}

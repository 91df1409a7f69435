"""Questions and evaluations when no model writes them: the scenario's bank and plain code."""

import asyncio
from typing import Any

from services.session.app.conversation import Conversation, WrittenQuestion
from services.session.app.evaluations import Evaluated
from services.session.app.judgements import to_result
from services.session.domain.bank import BankContext, Topics, choose_question
from services.session.domain.evaluator import AnswerContext, evaluate
from services.session.domain.guard import GuardPolicy


class BankQuestions:
    """Asks from the scenario's question bank, with the résumé's own words slotted in."""

    def __init__(self, policy: GuardPolicy) -> None:
        self._policy = policy

    def __call__(self, conversation: Conversation) -> WrittenQuestion:
        past, background = conversation.past, conversation.background
        context = BankContext(
            language=conversation.interview.language,
            topics=_topics(dict(background.topics)),
            last_answer=past[-1].answer if past else "",
            asked=[turn.question for turn in past],
            job_title=background.job_title,
            values=background.values,
            seed=str(conversation.interview.id),
            variations=conversation.scenario.variations,
            policy=self._policy,
        )
        question = choose_question(conversation.stage, context)
        return WrittenQuestion(question.text, "bank", question.template_id)


def _topics(words: dict[str, tuple[str, ...]]) -> Topics:
    known = ("skills", "projects", "employers", "roles", "achievements")
    return Topics(**{kind: words.get(kind, ()) for kind in known})


class LightweightEvaluator:
    """`Evaluator` in plain code: structure, specificity, relevance and length."""

    async def evaluate(self, conversation: Conversation, question: str, answer: str) -> Evaluated:
        scenario, stage = conversation.scenario, conversation.stage
        topics: list[Any] = [word for _, words in conversation.background.topics for word in words]
        context = AnswerContext(
            question=question,
            stage=stage,
            dimensions=tuple(scenario.dimension(each) for each in stage.dimensions),
            topics=tuple(topics),
            language=conversation.interview.language.value,
        )
        await asyncio.sleep(0)  # a question that waits goes first
        evaluation = evaluate(answer, context)
        return Evaluated("lightweight", to_result(answer, evaluation.scores, evaluation.warnings))

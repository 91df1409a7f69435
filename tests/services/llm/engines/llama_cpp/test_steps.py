"""Who waits for whom, counted in steps of the one thread: no clock decides these tests."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from services.llm.engine import (
    Admitted,
    Completion,
    Conversation,
    Delta,
    Generation,
    Message,
    Priority,
    Role,
    Sampling,
)
from services.llm.engines.llama_cpp.engine import LEAST, Limits, LlamaCppEngine
from services.llm.engines.llama_cpp.native import Native, Shape
from services.llm.engines.llama_cpp.plan import Chunk
from services.runtime.errors import ResourceExhausted
from tests.services.rooms import until

pytestmark = pytest.mark.model

QUESTION, GRADE = Priority.INTERACTIVE, Priority.BATCH
SHAPE = Shape(slots=10, context=5120, step=512, threads=1)
LIMITS = Limits(queue=16, step_s=1e-6)  # nothing is so quick: prompts get the least
LONG = "결제 서버의 지연을 줄였습니다. " * 450


class Watched(Native):
    """Remembers who was in which step, and takes its time over each."""

    def __init__(self, path: Path, shape: Shape) -> None:
        super().__init__(path, shape)
        self.steps: list[dict[Priority, int]] = []

    def decode(self, chunks: Sequence[Chunk]) -> int:
        by_priority: dict[Priority, int] = {}
        for chunk in chunks:
            before = by_priority.get(chunk.job.priority, 0)
            by_priority[chunk.job.priority] = before + len(chunk.tokens)
        self.steps.append(by_priority)
        time.sleep(0.002)
        return super().decode(chunks)


def wanted(text: str, priority: Priority = QUESTION, tokens: int = 16, key: str = "") -> Generation:
    talk = Conversation((Message(Role.USER, text),), cache_key=key)
    return Generation(talk, max_tokens=tokens, priority=priority, sampling=Sampling(greedy=True))


@pytest.fixture
def native(tiny_gguf: Path) -> Watched:
    return Watched(tiny_gguf, SHAPE)


@pytest.fixture
async def engine(native: Watched) -> AsyncIterator[LlamaCppEngine]:
    engine = LlamaCppEngine(native, "tiny", LIMITS)
    yield engine
    await engine.aclose()


async def begun(engine: LlamaCppEngine, generation: Generation) -> asyncio.Task[list[int]]:
    """A text that is being written; its task gives the number of steps at each of its pieces."""
    first, native = asyncio.Event(), engine._native
    assert isinstance(native, Watched)

    async def follow() -> list[int]:
        at = []
        async with aclosing(engine.generate(generation)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    at.append(len(native.steps))
                    first.set()
        return at

    task = asyncio.create_task(follow())
    await asyncio.wait_for(first.wait(), 20)
    return task


async def admitted(engine: LlamaCppEngine, generation: Generation) -> asyncio.Task[None]:
    """A request that has its place and goes on by itself."""
    placed = asyncio.Event()

    async def follow() -> None:
        async with aclosing(engine.generate(generation)) as events:
            async for event in events:
                if isinstance(event, Admitted):
                    placed.set()

    task = asyncio.create_task(follow())
    await asyncio.wait_for(placed.wait(), 20)
    return task


async def ended(*tasks: asyncio.Task) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_running_question_has_a_token_in_every_step_while_a_long_prompt_and_grades_arrive(
    engine: LlamaCppEngine, native: Watched
) -> None:
    running = await begun(engine, wanted("가장 어려웠던 일은", tokens=400))
    at = len(native.steps)
    long = await admitted(engine, wanted(LONG))
    grades = [await admitted(engine, wanted(f"{number} 답 " * 40, GRADE)) for number in range(8)]
    await until(lambda: long.done() or running.done(), 60)
    during = native.steps[at:]
    prompt = await engine.count_tokens((Message(Role.USER, LONG),))
    assert prompt > 4_000
    assert sum(step.get(QUESTION, 0) for step in during) > prompt
    # A token of the running text and a bounded piece of the prompt in each: nothing was computed without it.
    assert max(step.get(QUESTION, 0) for step in during[2:]) <= LEAST + 2
    assert not any(step.get(GRADE) for step in during[2:-2])
    await ended(running, long, *grades)


async def test_f02_a_question_goes_before_grades_that_run_and_grades_that_wait(
    engine: LlamaCppEngine, native: Watched
) -> None:
    grades = [await begun(engine, wanted(f"{number} 답 " * 20, GRADE, 400)) for number in range(8)]
    grades += [await admitted(engine, wanted(f"{number} 더 " * 20, GRADE, 400)) for number in range(6)]
    at = len(native.steps)
    question = await begun(engine, wanted("그 일에서 맡은 역할은", tokens=4))
    before_first_word = native.steps[at : (await question)[0]]
    with_grades = [step for step in before_first_word if step.get(GRADE)]
    # Steps that began before it came, or while it came in; then only its own until it is over.
    assert len(with_grades) <= 2
    assert [step for step in before_first_word if step.get(QUESTION)]
    await ended(*grades)


async def test_a_cancelled_text_is_in_at_most_one_more_step(engine: LlamaCppEngine, native: Watched) -> None:
    leaving = await begun(engine, wanted("말이 끝없이 길어지는 답변", tokens=2000))
    staying = await begun(engine, wanted("다른 답변", tokens=2000))
    await until(lambda: native.steps[-1].get(QUESTION) == 2)
    leaving.cancel()
    at = len(native.steps)
    await asyncio.gather(leaving, return_exceptions=True)
    await until(lambda: len(native.steps) > at + 4)
    assert all(step[QUESTION] == 1 for step in native.steps[at + 2 :])
    await ended(staying)


async def test_each_priority_has_a_queue_of_its_own_and_a_full_one_says_when_to_come_back(
    tiny_gguf: Path,
) -> None:
    native = Watched(tiny_gguf, Shape(slots=1, context=1024, step=256, threads=1))
    engine = LlamaCppEngine(native, "tiny", Limits(queue=1))
    grades = [await admitted(engine, wanted("답", GRADE, 900)) for _ in range(2)]
    with pytest.raises(ResourceExhausted) as refused:
        await admitted_alone(engine, wanted("답", GRADE))
    assert refused.value.retry_after_s > 0
    assert await asyncio.wait_for(admitted_alone(engine, wanted("질문", QUESTION, 1)), 20)
    await ended(*grades)
    await engine.aclose()


async def admitted_alone(engine: LlamaCppEngine, generation: Generation) -> bool:
    """Runs it to its end; whether it got there."""
    async with aclosing(engine.generate(generation)) as events:
        return [event async for event in events if isinstance(event, Completion)] != []


async def test_f01_questions_grades_and_reading_ahead_share_one_model(
    engine: LlamaCppEngine, native: Watched
) -> None:
    talk = Conversation((Message(Role.USER, "저는 결제 서버를"),), cache_key="ahead")
    await asyncio.gather(
        admitted_alone(engine, wanted("질문", QUESTION)),
        admitted_alone(engine, wanted("채점", GRADE)),
        engine.prefill(talk, open_last_message=True),
    )
    assert {priority for step in native.steps for priority in step} == set(Priority)

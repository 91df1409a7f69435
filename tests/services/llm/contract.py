"""What every LLM engine must do. A subclass gives an engine; nothing here knows which one it is."""

import asyncio
import json
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from services.llm.engine import (
    Admitted,
    Completion,
    Conversation,
    Delta,
    Engine,
    Event,
    Finish,
    Generation,
    Message,
    Role,
    Sampling,
)
from services.runtime.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted
from tests.services.rooms import until

SCHEMA = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "reason": {"type": "string", "maxLength": 20},
    },
    "required": ["score", "reason"],
    "additionalProperties": False,
}
TALK = (
    Message(Role.SYSTEM, "You interview candidates for one job."),
    Message(Role.USER, "저는 결제 서버의 지연을 절반으로 줄였습니다. 어떻게 했는지 말씀드리겠습니다."),
)


def generation(*, key: str = "", tokens: int = 24, **fields: object) -> Generation:
    conversation = Conversation(TALK, cache_key=key)
    return Generation(conversation, max_tokens=tokens, sampling=Sampling(greedy=True), **fields)  # type: ignore[arg-type]


async def run(engine: Engine, request: Generation) -> list[Event]:
    async with aclosing(engine.generate(request)) as events:
        return [event async for event in events]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta) and not event.thinking)


def completion_of(events: list[Event]) -> Completion:
    assert isinstance(events[-1], Completion)
    return events[-1]


class EngineContract:
    """Subclasses define fixtures `engine`, and `narrow`: an engine with one place and no queue that takes
    at least 20 ms over a token."""

    async def test_a_generation_is_admitted_then_streams_then_completes_once(self, engine: Engine) -> None:
        first, *deltas, last = await run(engine, generation())
        assert isinstance(first, Admitted)
        assert deltas
        assert all(isinstance(event, Delta) for event in deltas)
        assert isinstance(last, Completion)

    async def test_no_delta_cuts_a_character(self, engine: Engine) -> None:
        for event in await run(engine, generation()):
            if isinstance(event, Delta):
                assert "\ufffd" not in event.text
                event.text.encode()

    async def test_max_tokens_ends_a_generation_with_finish_length(self, engine: Engine) -> None:
        done = completion_of(await run(engine, generation(tokens=2)))
        assert done.finish is Finish.LENGTH
        assert done.completion_tokens == 2

    async def test_a_stop_string_ends_a_generation_and_is_not_part_of_it(self, engine: Engine) -> None:
        whole = text_of(await run(engine, generation()))
        stop = whole[len(whole) // 2 :][:3]
        events = await run(engine, generation(stop=(stop,)))
        assert completion_of(events).finish is Finish.STOP
        assert text_of(events) == whole[: whole.index(stop)]

    async def test_greedy_generation_repeats_itself(self, engine: Engine) -> None:
        assert text_of(await run(engine, generation())) == text_of(await run(engine, generation()))

    async def test_a_seed_makes_draws_repeatable(self, engine: Engine) -> None:
        drawn = replace(generation(), sampling=Sampling(temperature=1.0, seed=7))
        assert text_of(await run(engine, drawn)) == text_of(await run(engine, drawn))

    async def test_a_json_schema_constrains_the_text(self, engine: Engine) -> None:
        events = await run(engine, generation(tokens=200, json_schema=json.dumps(SCHEMA)))
        value = json.loads(text_of(events))
        assert set(value) == {"score", "reason"}
        assert 1 <= value["score"] <= 5

    async def test_prompt_tokens_are_what_count_tokens_says(self, engine: Engine) -> None:
        done = completion_of(await run(engine, generation()))
        assert done.prompt_tokens == await engine.count_tokens(TALK) > 0

    async def test_a_prefilled_conversation_is_found_in_the_cache_and_says_the_same(
        self, engine: Engine
    ) -> None:
        cold = await run(engine, generation())
        filled = await engine.prefill(Conversation(TALK, cache_key="warm"), open_last_message=True)
        assert filled.cached_tokens + filled.computed_tokens <= filled.prompt_tokens
        warm = await run(engine, generation(key="warm"))
        found = completion_of(warm).cached_tokens
        assert 0 < found <= completion_of(warm).prompt_tokens
        assert found >= filled.computed_tokens - 1
        assert text_of(warm) == text_of(cold)

    async def test_forget_drops_what_was_kept_and_says_whether_there_was_anything(
        self, engine: Engine
    ) -> None:
        await run(engine, generation(key="gone"))
        assert await engine.forget("gone") is True
        assert await engine.forget("gone") is False
        assert completion_of(await run(engine, generation(key="gone"))).cached_tokens == 0

    async def test_a_closed_generation_frees_its_place(self, narrow: Engine) -> None:
        async with aclosing(narrow.generate(generation())) as events:
            await anext(events)
            assert narrow.status().running == 1
        await until(lambda: narrow.status().running == 0)
        assert completion_of(await run(narrow, generation(tokens=1)))

    async def test_a_cancelled_generation_frees_its_place(self, narrow: Engine) -> None:
        task = asyncio.create_task(run(narrow, generation()))
        await until(lambda: narrow.status().running == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: narrow.status().running == 0)

    async def test_a_full_engine_refuses_before_it_admits_and_says_when_to_come_back(
        self, narrow: Engine
    ) -> None:
        async with aclosing(narrow.generate(generation())) as running:
            await anext(running)
            with pytest.raises(ResourceExhausted) as refusal:
                await anext(narrow.generate(generation()))
            assert refusal.value.retry_after_s > 0

    async def test_a_deadline_that_cannot_be_met_is_refused_before_admission(self, engine: Engine) -> None:
        with pytest.raises(DeadlineExceeded):
            await anext(engine.generate(generation(deadline=time.monotonic() - 1)))

    async def test_a_prompt_longer_than_the_context_is_refused(self, engine: Engine) -> None:
        words = Message(Role.USER, "말 " * engine.status().context_tokens)
        with pytest.raises(InvalidArgument):
            await anext(engine.generate(Generation(Conversation((words,)))))
        assert engine.status().running == 0

    async def test_generations_side_by_side_do_not_mix(self, engine: Engine) -> None:
        talks = [(Message(Role.USER, f"{name} " * 8),) for name in ("하나", "둘", "셋", "넷")]
        requests = [replace(generation(), conversation=Conversation(talk)) for talk in talks]
        alone = [text_of(await run(engine, request)) for request in requests]
        together = await asyncio.gather(*(run(engine, request) for request in requests))
        assert [text_of(events) for events in together] == alone

    async def test_closing_twice_is_harmless(self, engine: Engine) -> None:
        await engine.aclose()
        await engine.aclose()

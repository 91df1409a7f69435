"""One trace through several servers."""

import pytest

from services.runtime import telemetry
from services.runtime.channel import open_channel
from tests.services.runtime.echo import TOKEN, bearer, echoing, plain, said

pytestmark = pytest.mark.integration

TRACE = "0af7651916cd43dd8448eb211c80319c"
GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"


def trace_of(traceparent: str) -> str:
    return traceparent.split("-")[1]


async def test_a_trace_continues_across_servers() -> None:
    async with echoing() as last, echoing() as first, plain(first.address) as channel:
        first.echo.next_address = last.address
        traces = (await said(channel, "trace", metadata=(*bearer(), ("traceparent", GIVEN)))).split()
        assert len(traces) == 2
        assert {trace_of(each) for each in traces} == {TRACE}


async def test_a_call_that_brings_no_trace_begins_one_that_continues() -> None:
    async with echoing() as last, echoing() as first, plain(first.address) as channel:
        first.echo.next_address = last.address
        one = (await said(channel, "trace", metadata=bearer())).split()
        other = (await said(channel, "trace", metadata=bearer())).split()
        assert trace_of(one[0]) == trace_of(one[1])
        assert trace_of(one[0]) != trace_of(other[0])


async def test_a_channel_hands_on_the_trace_it_is_used_in() -> None:
    async with echoing() as running, open_channel([running.address], token=TOKEN) as channel:
        with telemetry.span("outer") as trace_id:
            assert trace_of(await said(channel, "trace")) == trace_id
        assert trace_of(await said(channel, "trace")) != trace_id

"""AdminService over a socket, on real Postgres and NATS: who may, what is seen, and whatever may be sent."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import admin_pb2 as pb
from viva.v1 import admin_pb2_grpc, common_pb2

from services.runtime.capability import Capability, State
from services.runtime.channel import open_channel
from services.runtime.errors import VivaError, from_rpc_error
from services.runtime.serving import Server, Service
from services.runtime.settings import ServiceSettings
from services.session.adapters.mesh import SERVICES, GrpcMesh
from services.session.adapters.postgres.admin import PostgresOperations
from services.session.adapters.system import new_id
from services.session.app import pages
from services.session.app.access import ANONYMOUS, Caller, Role
from services.session.app.admin import Operations
from services.session.app.replays import Replays
from services.session.domain.interview import AnswerEnd
from services.session.servicers.admin import AdminServicer
from services.tts.config import Settings as TtsSettings
from services.tts.engines.fake import FakeEngine
from services.tts.server import build
from tests.services.rooms import ANY_INT32, ANY_TEXT, FUZZ, TOKEN, listening, mostly
from tests.services.session.world import World, session, until, verdict

pytestmark = pytest.mark.integration
__all__ = ["session"]  # a fixture

ADMIN = Caller(Role.ADMIN, UUID(int=7))


class Whoever:
    """Takes every call for one made by `caller`."""

    def __init__(self) -> None:
        self.caller = ADMIN

    async def authenticate(self, method: str, metadata: Mapping[str, str]) -> Caller:
        return self.caller


@dataclass
class Desk:
    """An operator's client, and the session behind it."""

    session: World
    stub: Any
    who: Whoever

    @property
    def pool(self) -> Any:
        return self.session.pool


async def _ready() -> Capability:
    return Capability("session", State.READY, "Interviews are served.")


@asynccontextmanager
async def serving(session: World, addresses: Mapping[str, tuple[str, ...]]) -> AsyncIterator[Desk]:
    mesh = GrpcMesh(addresses, "127.0.0.1:50051", _ready, token=TOKEN, look_s=0.5)
    operations = Operations(
        PostgresOperations(session.outside.database), mesh, session.outside.live.wake_workers
    )
    servicer = AdminServicer(operations, Replays(operations, session.model, longest_s=1.0))
    who = Whoever()
    settings = ServiceSettings(log_level="error", drain_s=0.0)
    service = Service("viva.v1.AdminService", admin_pb2_grpc.add_AdminServiceServicer_to_server, servicer)
    server = Server("session", settings, [service], who, _ready)
    await server.start()
    async with open_channel([f"127.0.0.1:{server.port}"]) as channel:
        yield Desk(session, admin_pb2_grpc.AdminServiceStub(channel), who)
    await server.stop()


@pytest.fixture
async def desk(session: World) -> AsyncIterator[Desk]:
    async with serving(session, {}) as running:
        yield running


async def refused(call: Any) -> VivaError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return from_rpc_error(error.value)


async def answered(desk: Desk) -> tuple[Caller, UUID]:
    """A candidate and an interview whose first answer is evaluated by the model."""
    desk.session.model.speak = lambda call: (
        verdict(call, "근거가 있습니다") if call.schema else "그 일에서 어떤 역할을 맡으셨나요?"
    )
    candidate = await desk.session.person(f"{uuid4()}@example.org")
    interview_id = await desk.session.interview(candidate)
    turn = (await desk.session.asked(interview_id)).turn
    commands = desk.session.interviewing.commands
    await commands.submit(candidate, interview_id, turn.id, "장애를 줄였습니다.", AnswerEnd.TYPED)

    async def evaluated() -> bool:
        return bool(await desk.pool.fetchval("select count(*) from evaluation"))

    await until(evaluated)
    return candidate, interview_id


# The mesh


async def test_the_mesh_is_every_service_and_says_what_is_missing(session: World) -> None:
    async with listening(build, FakeEngine(), TtsSettings) as address:
        addresses = {"tts": (address, "127.0.0.1:1"), "llm": ("127.0.0.1:1",)}
        async with serving(session, addresses) as desk:
            seen = (await desk.stub.GetMesh(pb.GetMeshRequest())).services
    assert {each.name for each in seen} == {"session", *SERVICES}
    by_address = {(each.name, each.address): each for each in seen}
    tts = by_address["tts", address]
    assert tts.reachable
    assert tts.capability.state == common_pb2.CAPABILITY_STATE_READY
    assert 0 < tts.latency_ms < 500
    gone = by_address["tts", "127.0.0.1:1"]
    assert not gone.reachable
    assert gone.capability.state == common_pb2.CAPABILITY_STATE_BROKEN
    assert gone.capability.remedy == "viva logs tts"
    unset = by_address["stt", ""]
    assert unset.capability.state == common_pb2.CAPABILITY_STATE_MISSING
    assert unset.capability.remedy == "set VIVA_STT_ADDRESSES to its host:port"


# Work


async def add_work(desk: Desk, kind: str, *, failed: bool = False, leased: bool = False) -> UUID:
    subject = uuid4()
    await desk.pool.execute(
        "insert into work (kind, subject_id, due_at, attempts, last_error, failed_at, lease_until)"
        " values ($1, $2, now() + interval '1 hour', 5, 'Unavailable', case when $3 then now() end,"
        " case when $4 then now() + interval '1 minute' end)",
        *(kind, subject, failed, leased),
    )
    return subject


async def test_work_is_listed_by_state_and_page_by_page(desk: Desk) -> None:
    waiting = {str(await add_work(desk, "report")) for _ in range(5)}
    running = str(await add_work(desk, "evaluation", leased=True))
    failed = str(await add_work(desk, "evaluation", failed=True))
    seen: list[Any] = []
    token = ""
    while True:
        page = common_pb2.PageRequest(page_size=2, page_token=token)
        listed = await desk.stub.ListWork(pb.ListWorkRequest(page=page))
        seen += listed.work
        token = listed.next_page_token
        if not token:
            break
    assert len(seen) == len({each.subject_id for each in seen}) == 7
    by_state = {state: {w.subject_id for w in seen if w.state == state} for state in pb.WorkState.values()}
    assert by_state[pb.WORK_STATE_WAITING] == waiting
    assert by_state[pb.WORK_STATE_RUNNING] == {running}
    only = await desk.stub.ListWork(pb.ListWorkRequest(state=pb.WORK_STATE_FAILED))
    assert [(w.subject_id, w.attempts, w.last_error) for w in only.work] == [(failed, 5, "Unavailable")]


async def test_failed_work_is_retried_once_per_request(desk: Desk) -> None:
    subject = await add_work(desk, "evaluation", failed=True)
    request = pb.RetryWorkRequest(request_id="once", kind="evaluation", subject_id=str(subject))
    for _ in range(2):
        item = (await desk.stub.RetryWork(request)).work
        assert (item.state, item.attempts) == (pb.WORK_STATE_WAITING, 0)
    again = pb.RetryWorkRequest(request_id="twice", kind="evaluation", subject_id=str(subject))
    assert (await refused(desk.stub.RetryWork(again))).reason == "NOT_FAILED"
    unknown = pb.RetryWorkRequest(request_id="x", kind="evaluation", subject_id=str(uuid4()))
    assert (await refused(desk.stub.RetryWork(unknown))).reason == "NOT_FOUND"
    audited = await desk.pool.fetch("select actor, action, subject, detail from audit_entry")
    assert [tuple(row) for row in audited] == [(ADMIN.actor, "work.retried", str(subject), "evaluation")]


# Calls to models


async def test_a_calls_words_are_read_by_admins_only_and_the_reading_is_audited(desk: Desk) -> None:
    async with desk.session.working():
        _, interview_id = await answered(desk)
    wanted = pb.ListLlmCallsRequest(interview_id=str(interview_id))
    calls = (await desk.stub.ListLlmCalls(wanted)).calls
    assert {each.purpose for each in calls} >= {"question", "evaluation"}
    assert all(each.output == each.messages_json == "" for each in calls)
    (evaluation,) = [each for each in calls if each.purpose == "evaluation"]
    read = (await desk.stub.GetLlmCall(pb.GetLlmCallRequest(call_id=evaluation.id))).call
    assert "근거가 있습니다" in read.output
    assert "장애를 줄였습니다." in read.messages_json
    assert read.cached_tokens == 4
    audited = await desk.pool.fetchrow("select * from audit_entry where action = 'llm_call.read'")
    assert (audited["actor"], audited["detail"]) == (ADMIN.actor, str(interview_id))
    desk.who.caller = Caller(Role.MESH)
    assert (await desk.stub.ListLlmCalls(wanted)).calls == calls
    assert (await refused(desk.stub.GetLlmCall(pb.GetLlmCallRequest(call_id=evaluation.id)))).reason


async def test_a_replay_sends_the_same_words_last_in_line_and_leaves_no_trace(desk: Desk) -> None:
    async with desk.session.working():
        _, interview_id = await answered(desk)
    before = await desk.pool.fetchval("select count(*) from llm_call")
    call_id = await desk.pool.fetchval("select id from llm_call where purpose = 'evaluation'")
    original = next(each for each in desk.session.model.calls if each.purpose == "evaluation")
    replayed = await desk.stub.ReplayLlmCall(pb.ReplayLlmCallRequest(call_id=str(call_id)))
    assert json.loads(replayed.output)["strengths"] == ["근거가 있습니다"]
    assert (replayed.model, replayed.timings.prefill_ms) == ("fake", 2.0)
    again = desk.session.model.calls[-1]
    assert (again.messages, again.schema, again.max_tokens) == (
        original.messages,
        original.schema,
        original.max_tokens,
    )
    assert (again.priority.value, again.key) == ("batch", f"replay:{interview_id}")
    assert desk.session.model.forgotten == [again.key]
    assert await desk.pool.fetchval("select count(*) from llm_call") == before
    action = "select count(*) from audit_entry where action = 'llm_call.replayed'"
    assert await desk.pool.fetchval(action) == 1


async def test_a_replay_without_a_model_or_of_an_erased_call_says_why(desk: Desk) -> None:
    async with desk.session.working():
        _, interview_id = await answered(desk)
    call_id = str(await desk.pool.fetchval("select id from llm_call where purpose = 'evaluation'"))
    desk.session.model.reachable = False
    request = pb.ReplayLlmCallRequest(call_id=call_id)
    assert (await refused(desk.stub.ReplayLlmCall(request, timeout=5))).reason == "NO_MODEL"
    desk.session.model.reachable = True
    desk.session.model.going.clear()
    assert (await refused(desk.stub.ReplayLlmCall(request))).reason == "REPLAY_TOO_SLOW"
    await desk.session.privacy.erase_interview(interview_id)
    assert (await refused(desk.stub.ReplayLlmCall(request))).reason == "CALL_ERASED"
    read = (await desk.stub.GetLlmCall(pb.GetLlmCallRequest(call_id=call_id))).call
    assert (read.output, read.messages_json) == ("", "")
    assert read.completion_tokens == 5


# Times, the audit log, what was set aside


async def test_turn_timings_tell_where_the_time_of_a_turn_went(desk: Desk) -> None:
    async with desk.session.working():
        _, interview_id = await answered(desk)
        second = (await desk.session.asked(interview_id)).turn
    wanted = pb.ListTurnTimingsRequest(interview_id=str(interview_id))
    newest, first = (await desk.stub.ListTurnTimings(wanted)).timings
    assert (newest.turn_id, newest.number, first.number) == (str(second.id), 2, 1)
    assert first.source == "llm"
    assert 0 <= first.claimed_ms <= first.first_word_ms <= first.announced_ms + 1
    assert first.evaluated_ms > 0
    assert newest.evaluated_ms == 0
    page = common_pb2.PageRequest(page_size=1)
    half = await desk.stub.ListTurnTimings(pb.ListTurnTimingsRequest(page=page))
    page.page_token = half.next_page_token
    rest = await desk.stub.ListTurnTimings(pb.ListTurnTimingsRequest(page=page))
    assert [half.timings[0].number, rest.timings[0].number] == [2, 1]
    assert rest.next_page_token == ""


async def test_the_audit_log_is_filtered_and_paged_for_admins_only(desk: Desk) -> None:
    for number in range(5):
        await desk.pool.execute(
            "insert into audit_entry (actor, action, subject) values ($1, 'x', $2)",
            *(f"user:{number % 2}", str(number)),
        )
    page = common_pb2.PageRequest(page_size=2)
    wanted = pb.ListAuditEntriesRequest(page=page, actor="user:0")
    listed = await desk.stub.ListAuditEntries(wanted)
    wanted.page.page_token = listed.next_page_token
    rest = await desk.stub.ListAuditEntries(wanted)
    assert [entry.subject for entry in [*listed.entries, *rest.entries]] == ["4", "2", "0"]
    assert rest.next_page_token == ""
    desk.who.caller = Caller(Role.MESH)
    assert (await refused(desk.stub.ListAuditEntries(wanted))).reason == "NOT_ALLOWED"


async def test_f09_a_message_that_nobody_understood_is_shown_to_operators(desk: Desk) -> None:
    await desk.session.outside.live._client.publish("viva.work", b"from another release")

    async def listed() -> list[Any]:
        return list((await desk.stub.ListSetAsideMessages(pb.ListSetAsideMessagesRequest())).messages)

    await until(listed)
    (message,) = await listed()
    assert (message.source, message.type, message.reason) == ("nats", "viva.work", "unknown wake-up")


# Who may


REQUESTS = {
    "GetMesh": pb.GetMeshRequest(),
    "ListWork": pb.ListWorkRequest(),
    "RetryWork": pb.RetryWorkRequest(request_id="r", kind="report", subject_id=str(UUID(int=1))),
    "ListLlmCalls": pb.ListLlmCallsRequest(),
    "GetLlmCall": pb.GetLlmCallRequest(call_id=str(UUID(int=1))),
    "ReplayLlmCall": pb.ReplayLlmCallRequest(call_id=str(UUID(int=1))),
    "ListAuditEntries": pb.ListAuditEntriesRequest(),
    "ListTurnTimings": pb.ListTurnTimingsRequest(),
    "ListSetAsideMessages": pb.ListSetAsideMessagesRequest(),
}


async def test_nobody_but_operators_gets_anything_from_any_rpc(desk: Desk) -> None:
    methods = pb.DESCRIPTOR.services_by_name["AdminService"].methods_by_name
    assert set(REQUESTS) == set(methods)
    for role in (Role.CANDIDATE, Role.RECRUITER, Role.SERVICE):
        desk.who.caller = Caller(role, new_id(), unscoped=role is Role.SERVICE)
        for name, request in REQUESTS.items():
            assert (await refused(getattr(desk.stub, name)(request))).reason == "NOT_ALLOWED", (role, name)
    desk.who.caller = ANONYMOUS
    for name, request in REQUESTS.items():
        assert (await refused(getattr(desk.stub, name)(request))).reason == "TOKEN_MISSING", name


# Whatever may be sent

IDS = mostly(st.sampled_from([str(UUID(int=1)), ""]), ANY_TEXT)
KEYS = st.lists(
    st.text(max_size=40) | st.sampled_from(["1", "2020-01-01T00:00:00+00:00", "0" * 32]), max_size=3
)
TOKENS = mostly(st.just(""), ANY_TEXT | KEYS.map(lambda parts: pages.encode_key(*parts)))
PAGES = st.builds(common_pb2.PageRequest, page_size=mostly(st.integers(0, 200), ANY_INT32), page_token=TOKENS)
ANYTHING = {
    "GetMesh": st.just(pb.GetMeshRequest()),
    "ListWork": st.builds(pb.ListWorkRequest, page=PAGES, state=mostly(st.integers(0, 3), ANY_INT32)),
    "RetryWork": st.builds(
        pb.RetryWorkRequest,
        request_id=mostly(st.just("r"), ANY_TEXT),
        kind=mostly(st.just("report"), ANY_TEXT),
        subject_id=IDS,
    ),
    "ListLlmCalls": st.builds(pb.ListLlmCallsRequest, page=PAGES, interview_id=IDS),
    "GetLlmCall": st.builds(pb.GetLlmCallRequest, call_id=IDS),
    "ReplayLlmCall": st.builds(pb.ReplayLlmCallRequest, call_id=IDS),
    "ListAuditEntries": st.builds(
        pb.ListAuditEntriesRequest, page=PAGES, actor=mostly(st.just(""), ANY_TEXT), subject=ANY_TEXT
    ),
    "ListTurnTimings": st.builds(pb.ListTurnTimingsRequest, page=PAGES, interview_id=IDS),
    "ListSetAsideMessages": st.builds(pb.ListSetAsideMessagesRequest, page=PAGES),
}
ALLOWED = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
)


def test_every_rpc_is_tried_with_whatever_may_be_sent() -> None:
    assert set(ANYTHING) == set(REQUESTS)


@FUZZ
@given(data=st.data(), name=st.sampled_from(sorted(ANYTHING)))
async def test_whatever_is_sent_is_answered_or_refused_clearly(desk: Desk, data: Any, name: str) -> None:
    request = data.draw(ANYTHING[name])
    call = getattr(desk.stub, name)(request, timeout=10)
    code, refusal = await call.code(), None
    try:
        await call
    except grpc.aio.AioRpcError as error:
        refusal = from_rpc_error(error)
    assert code in (grpc.StatusCode.OK, *ALLOWED), request
    assert refusal is None or refusal.remedy or refusal.violations, refusal

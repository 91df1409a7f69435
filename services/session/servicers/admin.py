"""AdminService: translates, calls, translates."""

import json
from typing import Any

from viva.v1 import admin_pb2 as pb
from viva.v1 import admin_pb2_grpc, common_pb2

from services.runtime.auth import current_principal
from services.runtime.errors import InvalidArgument
from services.session.app.access import Caller
from services.session.app.admin import (
    LlmCall,
    Operations,
    ServerSeen,
    StoredWords,
    TurnTiming,
    WorkItem,
    WorkState,
)
from services.session.app.audit import AuditEntry
from services.session.app.replays import Replays
from services.session.servicers.convert import optional_id, timestamp, to_id

Context = Any

_STATES = {
    pb.WORK_STATE_UNSPECIFIED: None,
    pb.WORK_STATE_WAITING: WorkState.WAITING,
    pb.WORK_STATE_RUNNING: WorkState.RUNNING,
    pb.WORK_STATE_FAILED: WorkState.FAILED,
}


def _caller() -> Caller:
    caller: Caller = current_principal()
    return caller


class AdminServicer(admin_pb2_grpc.AdminServiceServicer):
    def __init__(self, operations: Operations, replays: Replays) -> None:
        self._operations = operations
        self._replays = replays

    async def GetMesh(self, request: pb.GetMeshRequest, context: Context) -> pb.GetMeshResponse:
        seen = await self._operations.mesh(_caller())
        return pb.GetMeshResponse(services=map(_server, seen))

    async def ListWork(self, request: pb.ListWorkRequest, context: Context) -> pb.ListWorkResponse:
        if request.state not in _STATES:
            raise InvalidArgument.of("state", "is WAITING, RUNNING or FAILED")
        page = request.page
        listed = await self._operations.work(
            _caller(), _STATES[request.state], page.page_size, page.page_token
        )
        return pb.ListWorkResponse(work=map(_work, listed.rows), next_page_token=listed.next_token)

    async def RetryWork(self, request: pb.RetryWorkRequest, context: Context) -> pb.RetryWorkResponse:
        subject_id = to_id("subject_id", request.subject_id)
        item = await self._operations.retry(_caller(), request.request_id, request.kind, subject_id)
        return pb.RetryWorkResponse(work=_work(item))

    async def ListLlmCalls(
        self, request: pb.ListLlmCallsRequest, context: Context
    ) -> pb.ListLlmCallsResponse:
        page, interview_id = request.page, optional_id("interview_id", request.interview_id)
        listed = await self._operations.calls(_caller(), interview_id, page.page_size, page.page_token)
        return pb.ListLlmCallsResponse(calls=map(_call, listed.rows), next_page_token=listed.next_token)

    async def GetLlmCall(self, request: pb.GetLlmCallRequest, context: Context) -> pb.GetLlmCallResponse:
        call, words = await self._operations.call(_caller(), to_id("call_id", request.call_id))
        return pb.GetLlmCallResponse(call=_call(call, words))

    async def ReplayLlmCall(
        self, request: pb.ReplayLlmCallRequest, context: Context
    ) -> pb.ReplayLlmCallResponse:
        output, took = await self._replays.replay(_caller(), to_id("call_id", request.call_id))
        timings = common_pb2.Timings(
            queue_ms=took.queue_ms, prefill_ms=took.prefill_ms, decode_ms=took.decode_ms
        )
        return pb.ReplayLlmCallResponse(output=output, model=took.model, timings=timings)

    async def ListAuditEntries(
        self, request: pb.ListAuditEntriesRequest, context: Context
    ) -> pb.ListAuditEntriesResponse:
        page = request.page
        listed = await self._operations.audit(
            _caller(), request.actor, request.subject, page.page_size, page.page_token
        )
        return pb.ListAuditEntriesResponse(
            entries=map(_entry, listed.rows), next_page_token=listed.next_token
        )

    async def ListTurnTimings(
        self, request: pb.ListTurnTimingsRequest, context: Context
    ) -> pb.ListTurnTimingsResponse:
        page, interview_id = request.page, optional_id("interview_id", request.interview_id)
        listed = await self._operations.timings(_caller(), interview_id, page.page_size, page.page_token)
        return pb.ListTurnTimingsResponse(
            timings=map(_timing, listed.rows), next_page_token=listed.next_token
        )

    async def ListSetAsideMessages(
        self, request: pb.ListSetAsideMessagesRequest, context: Context
    ) -> pb.ListSetAsideMessagesResponse:
        page = request.page
        listed = await self._operations.set_aside(_caller(), page.page_size, page.page_token)
        messages = [
            pb.SetAsideMessage(
                id=each.id, source=each.source, type=each.type, reason=each.reason, at=timestamp(each.at)
            )
            for each in listed.rows
        ]
        return pb.ListSetAsideMessagesResponse(messages=messages, next_page_token=listed.next_token)


def _server(seen: ServerSeen) -> pb.ServiceStatus:
    return pb.ServiceStatus(
        name=seen.name,
        address=seen.address,
        reachable=seen.reachable,
        capability=seen.capability.to_pb(),
        latency_ms=seen.latency_ms,
    )


def _work(item: WorkItem) -> pb.WorkItem:
    return pb.WorkItem(
        kind=item.kind,
        subject_id=str(item.subject_id),
        state=pb.WorkState.Value(f"WORK_STATE_{item.state.name}"),
        attempts=item.attempts,
        last_error=item.last_error,
        due_at=timestamp(item.due_at),
        interview_id=str(item.interview_id or ""),
    )


def _call(call: LlmCall, words: StoredWords | None = None) -> pb.LlmCall:
    message = pb.LlmCall(
        id=str(call.id),
        interview_id=str(call.interview_id or ""),
        turn_id=str(call.turn_id or ""),
        purpose=call.purpose,
        template_id=call.template_id,
        template_hash=call.template_hash,
        model=call.model,
        replica=call.replica,
        verdict=call.verdict,
        prompt_tokens=call.prompt_tokens,
        cached_tokens=call.cached_tokens,
        completion_tokens=call.completion_tokens,
        first_token_ms=call.first_token_ms or 0.0,
        total_ms=call.total_ms,
        created_at=timestamp(call.created_at),
    )
    if words is not None and words.request is not None:
        message.output = words.output
        message.messages_json = json.dumps(words.request.get("messages", []), ensure_ascii=False)
    return message


def _entry(entry: AuditEntry) -> pb.AuditEntry:
    return pb.AuditEntry(
        id=entry.id,
        at=timestamp(entry.at),
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        detail=entry.detail,
    )


def _timing(timing: TurnTiming) -> pb.TurnTiming:
    return pb.TurnTiming(
        interview_id=str(timing.interview_id),
        turn_id=str(timing.turn_id),
        number=timing.number,
        stage_id=timing.stage_id,
        claimed_ms=timing.claimed_ms or 0.0,
        first_word_ms=timing.first_word_ms or 0.0,
        announced_ms=timing.announced_ms or 0.0,
        evaluated_ms=timing.evaluated_ms or 0.0,
        source=timing.source,
    )

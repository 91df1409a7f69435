"""What the session runs on now, part by part, in words for `GetInfo` and the page."""

import asyncio
from collections.abc import Sequence

import grpc
from viva.v1 import embed_pb2, embed_pb2_grpc, llm_pb2, llm_pb2_grpc

from services.runtime.capability import Capability, State
from services.session.adapters.postgres.database import Database
from services.session.domain.scenario import Language, Scenario

LOOK_S = 1.0

_LLM_REMEDY = "viva models pull qwen3-4b"


class About:
    """Looks at the database and the model servers when asked."""

    def __init__(
        self,
        database: Database,
        scenarios: Sequence[Scenario],
        llm: Sequence[grpc.aio.Channel],
        embed: grpc.aio.Channel,
    ) -> None:
        self._database = database
        self._scenarios = scenarios
        self._llm = llm
        self._embed = embed

    def scenarios(self) -> list[tuple[str, Language, str, str]]:
        return [(each.name, each.language, each.version, each.title) for each in self._scenarios]

    async def capability(self) -> Capability:
        """READY while the database answers; which engine writes and scores is told by `parts`."""
        try:
            await self._database.pool.fetchval("select 1", timeout=LOOK_S)
        except Exception as error:
            detail = f"Postgres does not answer: {type(error).__name__}."
            return Capability("session", State.BROKEN, detail, remedy="viva logs postgres")
        return Capability("session", State.READY, "Interviews are served.", engine="postgres", device="cpu")

    async def parts(self) -> list[Capability]:
        llm, embed = await asyncio.gather(self._first_llm(), _embed_info(self._embed))
        return [_question(llm), _evaluation(llm), _retrieval(embed)]

    async def _first_llm(self) -> Capability | None:
        found = await asyncio.gather(*map(_llm_info, self._llm))
        return next((each for each in found if each and each.state.serves), None)


async def _llm_info(channel: grpc.aio.Channel) -> Capability | None:
    try:
        request = llm_pb2.LlmServiceGetInfoRequest()
        response = await llm_pb2_grpc.LlmServiceStub(channel).GetInfo(request, timeout=LOOK_S)
        return Capability.from_pb(response.capability)
    except (grpc.aio.AioRpcError, ValueError):
        return None


async def _embed_info(channel: grpc.aio.Channel) -> Capability | None:
    try:
        request = embed_pb2.EmbedServiceGetInfoRequest()
        response = await embed_pb2_grpc.EmbedServiceStub(channel).GetInfo(request, timeout=LOOK_S)
        return Capability.from_pb(response.capability)
    except (grpc.aio.AioRpcError, ValueError):
        return None


def _question(llm: Capability | None) -> Capability:
    if llm:
        return Capability(
            "question", State.READY, "The model writes questions.", "llm", llm.model, llm.device
        )
    detail = "No model serves: questions come from the scenario's bank, with the résumé's words."
    return Capability("question", State.DEGRADED, detail, "bank", remedy=_LLM_REMEDY)


def _evaluation(llm: Capability | None) -> Capability:
    if llm:
        return Capability(
            "evaluation", State.READY, "The model scores answers.", "llm", llm.model, llm.device
        )
    detail = "No model serves: answers are scored by structure, specificity, relevance and length."
    return Capability("evaluation", State.DEGRADED, detail, "lightweight", remedy=_LLM_REMEDY)


def _retrieval(embed: Capability | None) -> Capability:
    if embed is None:
        detail = "The embedding server does not answer: résumés wait to be indexed."
        return Capability("retrieval", State.BROKEN, detail, remedy="viva logs embed")
    return Capability(
        "retrieval", embed.state, embed.detail, embed.engine, embed.model, embed.device, remedy=embed.remedy
    )

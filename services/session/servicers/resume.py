"""ResumeService: translates, calls, translates."""

from collections.abc import AsyncIterator
from typing import Any

from viva.v1 import resume_pb2 as pb
from viva.v1 import resume_pb2_grpc

from services.runtime.auth import current_principal
from services.runtime.errors import InvalidArgument
from services.runtime.requests import in_time
from services.session.app import checks
from services.session.app.access import Caller
from services.session.app.resumes import Resumes, ResumeStatus, StoredResume, Upload
from services.session.app.retrieval import Retrieval
from services.session.domain.resumes.documents import MAX_DOCUMENT_BYTES
from services.session.domain.resumes.lexicon import SectionKind
from services.session.domain.resumes.sections import Section
from services.session.domain.scenario import Language
from services.session.servicers import convert
from services.session.servicers.convert import optional_id, to_id

Context = Any

PIECE = 1 << 20
IDLE_S = 15.0  # between two pieces of an upload
SECTIONS, SECTION_TEXT, SKILLS = 40, 20_000, 200

Say = Any  # (language, key, **words) -> text


def _caller() -> Caller:
    caller: Caller = current_principal()
    return caller


class ResumeServicer(resume_pb2_grpc.ResumeServiceServicer):
    def __init__(self, resumes: Resumes, retrieval: Retrieval, say: Say) -> None:
        self._resumes = resumes
        self._retrieval = retrieval
        self._say = say

    async def UploadResume(
        self, requests: AsyncIterator[pb.UploadResumeRequest], context: Context
    ) -> pb.UploadResumeResponse:
        resume = await self._resumes.upload(_caller(), await _received(requests))
        return pb.UploadResumeResponse(resume=self._pb(resume))

    async def GetResume(self, request: pb.GetResumeRequest, context: Context) -> pb.GetResumeResponse:
        resume = await self._resumes.get(_caller(), to_id("resume_id", request.resume_id))
        return pb.GetResumeResponse(resume=self._pb(resume))

    async def ListResumes(self, request: pb.ListResumesRequest, context: Context) -> pb.ListResumesResponse:
        page = request.page
        listed = await self._resumes.list_(
            _caller(), optional_id("candidate_id", request.candidate_id), page.page_size, page.page_token
        )
        resumes = [self._pb(resume) for resume in listed.rows]
        return pb.ListResumesResponse(resumes=resumes, next_page_token=listed.next_token)

    async def UpdateResume(
        self, request: pb.UpdateResumeRequest, context: Context
    ) -> pb.UpdateResumeResponse:
        checks.request_id(request.request_id)
        checks.count("sections", request.sections, 1, SECTIONS)
        checks.count("skills", request.skills, 0, SKILLS)
        sections = [_section(index, each) for index, each in enumerate(request.sections)]
        skills = [
            checks.text(f"skills[{i}]", each, least=1, most=80) for i, each in enumerate(request.skills)
        ]
        resume_id = to_id("resume_id", request.resume_id)
        return pb.UpdateResumeResponse(
            resume=self._pb(await self._resumes.update(_caller(), resume_id, sections, skills))
        )

    async def DeleteResume(
        self, request: pb.DeleteResumeRequest, context: Context
    ) -> pb.DeleteResumeResponse:
        checks.request_id(request.request_id)
        await self._resumes.delete(_caller(), to_id("resume_id", request.resume_id))
        return pb.DeleteResumeResponse()

    async def WatchResume(
        self, request: pb.WatchResumeRequest, context: Context
    ) -> AsyncIterator[pb.WatchResumeResponse]:
        async for resume in self._resumes.watch(_caller(), to_id("resume_id", request.resume_id)):
            yield pb.WatchResumeResponse(resume=self._pb(resume))

    async def SearchResumes(
        self, request: pb.SearchResumesRequest, context: Context
    ) -> pb.SearchResumesResponse:
        query = checks.text("query", request.query, least=1, most=1_000, lines=True)
        checks.within("limit", request.limit, 0, 50)
        company_id = optional_id("company_id", request.company_id)
        hits = await self._retrieval.search(_caller(), company_id, query, request.limit or 10)
        return pb.SearchResumesResponse(
            hits=[
                pb.ResumeHit(
                    resume_id=str(hit.resume_id),
                    candidate_id=str(hit.candidate_id),
                    section=hit.section,
                    text=hit.text,
                    similarity=hit.similarity,
                )
                for hit in hits
            ]
        )

    def _pb(self, resume: StoredResume) -> pb.Resume:
        language = Language(resume.language)
        return pb.Resume(
            id=str(resume.id),
            candidate_id=str(resume.candidate_id),
            file_name=resume.file_name,
            size_bytes=resume.size_bytes,
            status=pb.ResumeStatus.Value(f"RESUME_STATUS_{resume.status.name}"),
            failure_reason=resume.failure_reason,
            failure_text=self._failure(resume, language),
            sections=[
                pb.ResumeSection(kind=s.kind.value, heading=s.heading, text=s.text) for s in resume.sections
            ],
            skills=resume.skills,
            digest=resume.digest,
            chunks=resume.chunks,
            warnings=[self._say(language, f"resume.warnings.{each}") for each in resume.warnings],
            created_at=convert.timestamp(resume.created_at),
            language=convert.language_pb(language),
        )

    def _failure(self, resume: StoredResume, language: Language) -> str:
        if resume.status is not ResumeStatus.FAILED:
            return ""
        text: str = self._say(language, f"resume.errors.{resume.failure_reason}")
        return text


async def _received(requests: AsyncIterator[pb.UploadResumeRequest]) -> Upload:
    """The whole file; raises before more than the limit is held in memory."""
    meta: pb.ResumeMeta | None = None
    content = bytearray()
    async for message in in_time(requests, IDLE_S):
        if message.HasField("meta"):
            if meta is not None:
                raise InvalidArgument.of("meta", "comes once, as the first message")
            meta = message.meta
        elif meta is None:
            raise InvalidArgument.of("meta", "comes before the file's bytes")
        else:
            checks.within("data", len(message.data), 0, PIECE)
            content += message.data
            if len(content) > MAX_DOCUMENT_BYTES:
                raise InvalidArgument(
                    "RESUME_TOO_LARGE", "The file is larger than 20 MiB.", remedy="send a smaller file"
                )
    if meta is None:
        raise InvalidArgument.of("meta", "is missing")
    language = convert.language(meta.language)
    return Upload(
        checks.request_id(meta.request_id),
        checks.text("file_name", meta.file_name, least=1, most=255),
        language.value if language else None,
        optional_id("candidate_id", meta.candidate_id),
        bytes(content),
    )


def _section(index: int, section: pb.ResumeSection) -> Section:
    try:
        kind = SectionKind(section.kind)
    except ValueError:
        raise InvalidArgument.of(f"sections[{index}].kind", f"is one of {', '.join(SectionKind)}") from None
    heading = checks.text(f"sections[{index}].heading", section.heading, most=80)
    text = checks.text(f"sections[{index}].text", section.text, least=1, most=SECTION_TEXT, lines=True)
    return Section(kind, heading, text)

"""The session's gRPC server, and the work that runs beside it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from viva.v1 import interview_pb2_grpc, resume_pb2_grpc

from services.runtime.serving import Server, Service
from services.session.about import About
from services.session.accounting import Accounting
from services.session.adapters import locales, scenario_files
from services.session.adapters.documents.process import ChildProcessParser
from services.session.adapters.documents.wordlists import masking_rules, resume_words
from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.postgres.resumes import PostgresResumes
from services.session.adapters.postgres.scenario_versions import PostgresScenarioVersions
from services.session.adapters.relay import Relay
from services.session.adapters.system import SystemClock, new_id
from services.session.app.resumes import Resumes
from services.session.app.worker import WorkerPool
from services.session.bootstrap import Interviewing, Outside, connected, lanes
from services.session.config import Settings
from services.session.domain.resumes.resume import Resume, understand
from services.session.domain.scenario import Language, Scenario
from services.session.servicers.interview import InterviewServicer
from services.session.servicers.resume import ResumeServicer

log = structlog.get_logger()

UNBOUNDED = frozenset({"/viva.v1.InterviewService/WatchInterview", "/viva.v1.ResumeService/WatchResume"})


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Server]:
    """Everything a session process consists of; the server is not started yet, the work is."""
    async with connected(settings) as outside:
        scenarios = await _ship(outside)
        interviewing = Interviewing(settings, outside)
        about = About(outside.database, scenarios, outside.llm_channels, outside.embed_channel)
        accounting = Accounting(settings, outside, interviewing, about)
        servicer = InterviewServicer(
            interviewing.new,
            interviewing.commands,
            interviewing.views,
            interviewing.reports,
            accounting.withdrawals,
            interviewing.observing,
            about,
            accounting.authenticator,
        )
        services = [
            Service(
                "viva.v1.InterviewService",
                interview_pb2_grpc.add_InterviewServiceServicer_to_server,
                servicer,
            ),
            Service(
                "viva.v1.ResumeService",
                resume_pb2_grpc.add_ResumeServiceServicer_to_server,
                _resume_servicer(outside, interviewing),
            ),
            *accounting.services(),
        ]
        async with _working(settings, outside, interviewing, accounting):
            yield Server("session", settings, services, accounting.authenticator, about.capability, UNBOUNDED)


async def _ship(outside: Outside) -> list[Scenario]:
    """Makes the shipped scenarios known to the database; a broken file ends the start with its lines."""
    files = await asyncio.to_thread(scenario_files.load_files, policy=read_policy())
    await PostgresScenarioVersions(outside.database).ship(files)
    return [each.scenario for each in files]


def _resume_servicer(outside: Outside, interviewing: Interviewing) -> ResumeServicer:
    def read(text: str, language: str | None) -> Resume:
        return understand(text, resume_words(), masking_rules(), language)

    def say(language: Language, key: str) -> str:
        return locales.texts(language.value).say(key)

    resumes = Resumes(
        PostgresResumes(outside.database),
        ChildProcessParser(),
        read,
        outside.live.wake_workers,
        SystemClock(),
        new_id,
    )
    return ResumeServicer(resumes, interviewing.retrieval, say)


@asynccontextmanager
async def _working(
    settings: Settings, outside: Outside, interviewing: Interviewing, accounting: Accounting
) -> AsyncIterator[None]:
    handlers = interviewing.handlers() | accounting.handlers()
    pool = WorkerPool(interviewing.queue, handlers, lanes(settings))
    relay = Relay(outside.database, outside.events)
    outside.live.on_work(pool.wake)
    outside.live.on_events(relay.wake)
    tasks = [asyncio.create_task(each) for each in (pool.run(), relay.run(), accounting.follow_rights())]
    for task in tasks:
        task.add_done_callback(stop_unless_cancelled)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def stop_unless_cancelled(task: asyncio.Task[None]) -> None:
    """A session that asks no more questions must not go on looking well: whoever runs it starts it anew."""
    if not task.cancelled():
        log.critical("work.ended", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)

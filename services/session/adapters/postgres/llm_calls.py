"""Records of model calls in Postgres: erased with the interview or résumé they belong to."""

from services.session.adapters.postgres.database import Database
from services.session.app.model import CallRecord, wire_messages

_PUT = """
insert into llm_call (id, interview_id, turn_id, resume_id, purpose, template_id, template_hash, model,
                      replica, verdict, prompt_tokens, cached_tokens, completion_tokens, first_token_ms,
                      total_ms, request, output)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""


class PostgresCallRecords:
    def __init__(self, database: Database) -> None:
        self._pool = database.pool

    async def put(self, record: CallRecord) -> None:
        call, finished = record.call, record.finished
        request = {
            "messages": wire_messages(call.messages),
            "schema": call.schema,
            "max_tokens": call.max_tokens,
            "prompt_hash": record.prompt_hash,
        }
        template_id, _, template_hash = call.template.partition("@")
        await self._pool.execute(
            _PUT,
            *(record.id, call.interview_id, call.turn_id, call.resume_id, call.purpose),
            *(template_id, template_hash, finished.model if finished else ""),
            *(finished.replica if finished else "", record.verdict),
            *(finished.prompt_tokens if finished else 0, finished.cached_tokens if finished else 0),
            *(finished.completion_tokens if finished else 0, record.first_token_ms, record.total_ms),
            *(request, record.output),
        )

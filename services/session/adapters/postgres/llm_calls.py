"""Records of model calls in Postgres: their words go with the interview or résumé they belong to."""

from services.session.adapters.postgres.database import Database
from services.session.app.model import CallRecord, wire_messages

# Waits for an erasure under way: a call that ends after it leaves its figures and no words.
_PUT = """
with living as (select 1 from interview where id = $2 and erased_at is null for share)
insert into llm_call (id, interview_id, turn_id, resume_id, purpose, template_id, template_hash, model,
                      replica, verdict, prompt_tokens, cached_tokens, completion_tokens, first_token_ms,
                      total_ms, request, output)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
       case when kept.words then $16::jsonb end, case when kept.words then $17 else '' end
from (select $2::uuid is null or exists (select from living) as words) as kept
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

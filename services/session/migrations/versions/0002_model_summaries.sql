-- What of the résumé the question after a turn is given, chosen while the turn's answer grows.
create table prepared_passages (
    turn_id  uuid primary key references turn on delete cascade,
    heard    integer not null,                    -- characters of the answer that they were chosen by
    passages jsonb not null
);

-- An interview's old turns, told shorter. A prompt takes the newest whose from_turn it has reached.
create table compaction (
    interview_id uuid not null references interview on delete cascade,
    from_turn    integer not null,                -- the first question that is written with it
    upto         integer not null,                -- turns 1 to this are told by it
    text         text not null,
    source       text not null check (source in ('llm', 'extractive')),
    created_at   timestamptz not null default now(),
    primary key (interview_id, from_turn)
);

-- A model's digest; interviews that began before it keep the extract, so that their prompts stay the same.
alter table resume add column model_digest text not null default '';
alter table resume add column model_digest_at timestamptz;

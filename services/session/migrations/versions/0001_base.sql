-- Everything personal stands in rows that erasure can reach; events and work carry ids only.

create extension if not exists vector;

-- People ------------------------------------------------------------------------------------

create table account (
    id            uuid primary key,
    email         text unique,                    -- lower case; null once erased
    password_hash text,                           -- argon2id
    display_name  text not null default '',
    role          text not null check (role in ('candidate', 'recruiter', 'admin')),
    language      text not null default 'ko' check (language in ('ko', 'en')),
    created_at    timestamptz not null default now(),
    generation    integer not null default 1,     -- access tokens of another generation are refused
    erased_at     timestamptz
);

create table refresh_token (
    hash       bytea primary key,                 -- sha256 of the secret
    family     uuid not null,
    account_id uuid not null references account on delete cascade,
    expires_at timestamptz not null,
    used_at    timestamptz,
    revoked_at timestamptz
);
create index on refresh_token (account_id);
create index on refresh_token (family);

create table login_attempt (
    subject text not null,                        -- sha256 of the address tried, hex
    at      timestamptz not null default now()
);
create index on login_attempt (subject, at);
create index on login_attempt (at);

create table company (
    id               uuid primary key,
    name             text not null,
    profile          text not null default '',
    behaviour_policy text not null default 'observe' check (behaviour_policy in ('off', 'observe', 'scored')),
    emotion          boolean not null default false,
    blind            boolean not null default false,
    retention_days   integer not null default 180 check (retention_days between 1 and 3650),
    created_at       timestamptz not null default now()
);

create table company_member (
    company_id uuid not null references company on delete cascade,
    account_id uuid not null references account on delete cascade,
    primary key (company_id, account_id)
);
create index on company_member (account_id);

create table service_token (
    id         uuid primary key,
    name       text not null,
    company_id uuid references company on delete cascade,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);

create table talent_profile (
    id              uuid primary key,
    company_id      uuid not null references company on delete cascade,
    name            text not null,
    company_values  text[] not null default '{}',
    weights         jsonb not null default '{}',
    created_at      timestamptz not null default now()
);
create index on talent_profile (company_id);

create table job (
    id                uuid primary key,
    company_id        uuid not null references company on delete cascade,
    title             text not null,
    description       text not null default '',
    talent_profile_id uuid references talent_profile on delete set null,
    scenario          text not null default 'standard',
    language          text not null default 'ko',
    open              boolean not null default true,
    created_at        timestamptz not null default now()
);
create index on job (company_id);

-- Every version that was ever run or saved; shipped ones have no company.
create table scenario_source (
    name       text not null,
    language   text not null,
    version    text not null,
    company_id uuid references company on delete cascade,
    title      text not null,
    source     text not null,
    stages     integer not null default 0,        -- how many it has
    created_at timestamptz not null default now(),
    unique nulls not distinct (name, language, version, company_id)
);

create table invitation (
    id           uuid primary key,
    batch_id     uuid not null,                   -- those that were made by one request
    job_id       uuid not null references job on delete cascade,
    email        text,                            -- null once erased
    token_hash   bytea not null unique,
    expires_at   timestamptz not null,
    created_at   timestamptz not null default now(),
    accepted_at  timestamptz,
    revoked_at   timestamptz,
    candidate_id uuid references account on delete set null
);
create index on invitation (job_id);
create index on invitation (batch_id);
create index on invitation (candidate_id);

create table audit_entry (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default now(),
    actor   text not null,
    action  text not null,
    subject text not null,
    detail  text not null default ''
);
create index on audit_entry (subject);
create index on audit_entry (actor);

-- What a mutation answered, so that its repeat answers the same.
create table request (
    caller     text not null,
    rpc        text not null,
    request_id text not null,
    subject_id uuid not null,                     -- what it made or changed
    at         timestamptz not null default now(),
    primary key (caller, rpc, request_id)
);
create index on request (at);

-- Résumés -----------------------------------------------------------------------------------

create table blob (
    id         uuid primary key,
    owner_id   uuid not null references account on delete cascade,
    content    bytea not null,
    created_at timestamptz not null default now()
);
create index on blob (owner_id);

create table resume (
    id             uuid primary key,
    candidate_id   uuid not null references account on delete cascade,
    blob_id        uuid references blob on delete set null,
    file_name      text not null,
    size_bytes     bigint not null,
    language       text not null,
    status         text not null check (status in ('uploaded', 'parsed', 'chunked', 'ready', 'failed')),
    failure_reason text not null default '',
    understood     jsonb not null default '{}',   -- sections, skills, topics, warnings
    digest         text not null default '',
    chunks         integer not null default 0,
    revision       integer not null default 1,    -- counts the candidate's corrections
    created_at     timestamptz not null default now()
);
create index on resume (candidate_id);

create table resume_chunk (
    resume_id    uuid not null references resume on delete cascade,
    position     integer not null,
    candidate_id uuid not null,
    section      text not null,
    text         text not null,
    embedding    halfvec(1024),
    model        text not null default '',        -- vectors of different models are never compared
    primary key (resume_id, position)
);
create index resume_chunk_candidate on resume_chunk (candidate_id);
create index resume_chunk_hnsw on resume_chunk using hnsw (embedding halfvec_cosine_ops);

-- Interviews --------------------------------------------------------------------------------

create table interview (
    id                uuid primary key,
    candidate_id      uuid not null references account on delete cascade,
    company_id        uuid references company on delete cascade,
    job_id            uuid references job on delete set null,
    resume_id         uuid references resume on delete set null,
    invitation_id     uuid references invitation on delete set null,
    scenario          text not null,
    language          text not null,
    scenario_version  text not null,
    status            text not null check (status in ('created', 'in_progress', 'paused', 'completed', 'ended', 'withdrawn')),
    practice          boolean not null default false,
    accommodations    jsonb not null default '{}',
    stage_position    integer not null default 0,
    turn_id           uuid,                       -- the open turn
    turns             integer not null default 0,
    seq               bigint not null default 0,  -- the last event's number
    report_version    integer not null default 0,
    decision          text not null default '',
    decision_reason   text not null default '',
    review_reason     text not null default '',
    review_requested  boolean not null default false,
    created_at        timestamptz not null,
    started_at        timestamptz,
    ended_at          timestamptz,
    erased_at         timestamptz
);
create index on interview (candidate_id);
create index on interview (company_id, resume_id);
create index on interview (resume_id);
create index on interview (job_id);

create table turn (
    id            uuid primary key,
    interview_id  uuid not null references interview on delete cascade,
    number        integer not null,
    stage_id      text not null,
    status        text not null check (status in ('asking', 'answering', 'closed')),
    opened_at     timestamptz not null,
    asked_at      timestamptz,
    answer_due_at timestamptz,
    remaining_s   double precision,               -- answer time left while paused
    absences      integer not null default 0,     -- times the limit passed with nothing said
    closed_at     timestamptz,
    ended_by      text not null default '',
    unique (interview_id, number)
);

create table question (
    turn_id     uuid primary key references turn on delete cascade,
    id          uuid not null unique,
    text        text not null,
    source      text not null check (source in ('llm', 'bank')),
    template    text not null default '',         -- bank template or prompt id
    passages    jsonb not null default '[]'       -- what of the résumé stood in the prompt
);

-- What has been released of a question in the making.
create table question_draft (
    turn_id    uuid primary key references turn on delete cascade,
    generation integer not null,                  -- the attempt that writes it
    pieces     integer not null,                  -- how many pieces it was released in
    text       text not null
);

create table answer (
    turn_id        uuid primary key references turn on delete cascade,
    id             uuid not null unique,
    text           text not null,
    corrected_text text not null default ''
);

-- What has been typed so far: survives a reload, and becomes the answer when time is up.
create table answer_draft (
    turn_id uuid primary key references turn on delete cascade,
    text    text not null
);

create table answer_segment (
    turn_id     uuid not null references turn on delete cascade,
    segment_seq integer not null,
    text        text not null,
    words       jsonb not null default '[]',
    primary key (turn_id, segment_seq)
);

create table evaluation (
    turn_id     uuid not null references turn on delete cascade,
    version     integer not null,
    engine      text not null,                    -- "llm" or "lightweight"
    model       text not null default '',
    prompt_hash text not null default '',
    result      jsonb not null,                   -- scores with spans, strengths, improvements
    created_at  timestamptz not null default now(),
    primary key (turn_id, version)
);

create table report (
    interview_id uuid not null references interview on delete cascade,
    version      integer not null,
    body         jsonb not null,
    created_at   timestamptz not null default now(),
    primary key (interview_id, version)
);

create table consent (
    interview_id uuid not null references interview on delete cascade,
    purpose      text not null check (purpose in ('processing', 'audio', 'video', 'recording')),
    version      text not null,
    granted      boolean not null,
    recorded_at  timestamptz not null default now(),
    withdrawn_at timestamptz,
    primary key (interview_id, purpose)
);

-- Durability --------------------------------------------------------------------------------

create table event (
    interview_id uuid not null,
    seq          bigint not null,
    type         text not null,
    turn_id      uuid,
    occurred_at  timestamptz not null,
    detail       jsonb not null default '{}',     -- ids and codes, never words
    xid          xid8 not null default pg_current_xact_id(),
    position     bigint generated always as identity,
    primary key (interview_id, seq)
);
create index event_relay on event (xid, position);

create table relay_cursor (
    name     text primary key,
    xid      xid8 not null,
    position bigint not null
);

-- Tokens never repeat, not even for work that was done and comes up again.
create sequence work_fence;

create table work (
    kind          text not null,
    subject_id    uuid not null,
    interview_id  uuid,
    due_at        timestamptz not null default now(),
    lease_until   timestamptz,
    fencing_token bigint not null default nextval('work_fence'),
    attempts      integer not null default 0,
    last_error    text not null default '',
    failed_at     timestamptz,
    primary key (kind, subject_id)
);
create index work_due on work (due_at) where failed_at is null;
create index on work (interview_id);

create table llm_call (
    id                uuid primary key,
    interview_id      uuid references interview on delete cascade,
    turn_id           uuid,
    resume_id         uuid references resume on delete cascade,
    purpose           text not null,
    template_id       text not null,
    template_hash     text not null,
    model             text not null default '',
    replica           text not null default '',
    verdict           text not null,
    prompt_tokens     integer not null default 0,
    cached_tokens     integer not null default 0,
    completion_tokens integer not null default 0,
    first_token_ms    double precision,
    total_ms          double precision not null,
    request           jsonb,                      -- messages and options
    output            text not null default '',
    created_at        timestamptz not null default now()
);
create index on llm_call (interview_id);
create index on llm_call (created_at);

create table set_aside (
    id      bigint generated always as identity primary key,
    source  text not null,
    type    text not null,
    reason  text not null,
    payload bytea not null,
    at      timestamptz not null default now()
);

-- What erasure has still to reach outside the database.
create table erasure (
    target     text not null,                     -- "llm", "recording", "jetstream"
    subject_id uuid not null,
    at         timestamptz not null default now(),
    primary key (target, subject_id)
);

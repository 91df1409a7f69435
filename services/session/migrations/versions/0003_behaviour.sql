-- What was seen of a face during an answer, in batches as media sent them.
create table observation (
    turn_id   uuid not null references turn on delete cascade,
    batch_seq integer not null,
    samples   jsonb not null,
    primary key (turn_id, batch_seq)
);

-- How the utterance was spoken; null where it is not known or may not be kept.
alter table answer_segment add column metrics jsonb;

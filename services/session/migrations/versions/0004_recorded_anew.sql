-- Of recordings: those that began earlier are erased, what was agreed to anew since is kept; null: all.
alter table erasure add column begun_before timestamptz;

-- Polls of which something may lie in the bucket that is no result: an attempt of a task died, failed or was cancelled.
-- Made in the transaction that completes the poll, gone once the bucket was looked through. As long as the row is there,
-- so are all of the poll's results: whoever deletes those deletes it first.
create table leftover (
  poll            uuid primary key references poll,
  organisation    bigint not null references organisation,
  -- how often the bucket was looked through
  looks           int not null default 0,
  -- when it is to be looked through, or, while somebody does, when that one counts as dead
  date_next       timestamptz not null,
  date_created    timestamptz not null
);
create index leftover_due on leftover (organisation, date_next);
call tenant_table('leftover');

-- How many requests each node has under way at an upstream account's hosts, or waits to have. One that is out of time counts no more.
create table upstream_stream (
  -- as in upstream
  account         text not null,
  host            text not null,
  -- of the node
  holder          uuid not null,
  streams         integer not null check (streams >= 0),
  -- how many it lacks of its share, and since when
  wanted          integer not null check (wanted >= 0),
  date_wanted     timestamptz,
  date_until      timestamptz not null,
  primary key (account, host, holder)
);
create index on upstream_stream (date_until);
grant select, insert, update, delete on upstream_stream to ${system};
comment on table upstream_stream is 'ephemeral: what running nodes have under way';

-- A suspended task tells the code of what it waits for.
alter table task drop constraint task_check2;
alter table task
  add check (state <> 'failed' or error is not null) not valid,
  add check (state <> 'succeeded' or error is null) not valid;

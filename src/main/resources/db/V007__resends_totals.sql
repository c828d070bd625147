-- Blind re-sends: what a create came to, written in its own transaction, so that its repeat finds it.
-- Exact totals: how long each list of each organisation is, without counting its rows.

create table resend (
  -- keyed hashes: of key, path and body; or, of what has an Idempotency-Key, of key and that
  name            bytea primary key,
  content         bytea not null,
  organisation    bigint not null,
  id              uuid not null,
  keyed           boolean not null,
  -- sealed; null where it held what nobody may keep any longer
  answer          bytea,
  date_created    timestamptz not null,
  -- when the answer must be forgotten before the row is
  date_erase      timestamptz,
  date_expires    timestamptz not null,
  -- how the answer went out: null while it is on its way, or for good where the node died
  date_ended      timestamptz,
  delivered       boolean,
  check ((date_ended is null) = (delivered is null))
) with (fillfactor = 80);
create index on resend (date_expires);
create index on resend (date_erase) where answer is not null and date_erase is not null;
call tenant_table('resend');

-- The length of each list but for the changes below.
create table list_total (
  organisation    bigint not null,
  list            text not null,
  total           bigint not null,
  primary key (organisation, list)
);
call tenant_table('list_total', 'select');
grant insert, update on list_total to ${system};

-- Changes of a list's length, one row a statement: nobody waits for anybody. A sweeper folds them into the totals.
create table list_change (
  id              bigint generated always as identity primary key,
  organisation    bigint not null,
  list            text not null,
  change          bigint not null
);
create index on list_change (organisation, list) include (change);
call tenant_table('list_change', 'select');
grant delete, update on list_change to ${system};

-- As the owner: neither role may write a change by hand.
create function count_inserted() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into list_change (organisation, list, change)
  select organisation, tg_argv[0], count(*) from changed group by organisation;
  return null;
end $$;

create function count_deleted() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into list_change (organisation, list, change)
  select organisation, tg_argv[0], -count(*) from changed group by organisation;
  return null;
end $$;

-- Counts a table with a column `organisation` from now on, and what it holds already. Its rows must be deleted, not
-- hidden, to leave the list.
create procedure counted_list(name regclass) language plpgsql as $$
begin
  execute format('create trigger counted_insert after insert on %s referencing new table as changed for each statement execute function count_inserted(%L)', name, name);
  execute format('create trigger counted_delete after delete on %s referencing old table as changed for each statement execute function count_deleted(%L)', name, name);
  -- creating a trigger keeps writers out until this transaction ends, so the count stays true
  execute format('insert into list_total (organisation, list, total) select organisation, %L, count(*) from %s group by organisation', name, name);
end $$;

-- A user that is being erased is on no list from the moment it is marked.
create function count_marked() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into list_change (organisation, list, change)
  select organisation, tg_argv[0], -count(*)
    from changed join before using (organisation, id)
   where changed.state = 'deleted' and before.state <> 'deleted'
   group by organisation;
  return null;
end $$;

create function count_unmarked_deleted() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into list_change (organisation, list, change)
  select organisation, tg_argv[0], -count(*) from changed where state <> 'deleted' group by organisation;
  return null;
end $$;

call counted_list('end_user');
drop trigger counted_delete on end_user;
create trigger counted_mark after update on end_user referencing old table as before new table as changed
  for each statement execute function count_marked('end_user');
create trigger counted_delete after delete on end_user referencing old table as changed
  for each statement execute function count_unmarked_deleted('end_user');
update list_total t set total = (select count(*) from end_user u where u.organisation = t.organisation and u.state <> 'deleted')
 where list = 'end_user';

call counted_list('api_key');
call counted_list('source');
call counted_list('session');
call counted_list('poll');
call counted_list('task');
call counted_list('result');
call counted_list('event');
call counted_list('storage_config');

-- Datetime filters. Rows lie nearly in the order of their dates, so a block range index costs next to nothing.
create index on source using brin (date_created);
create index on session using brin (date_created);
create index on poll using brin (date_created);
create index on task using brin (date_created);
create index on result using brin (date_created);
create index on event using brin (date_created);
create index on end_user using brin (date_created);

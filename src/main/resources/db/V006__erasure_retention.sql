-- A user who is being erased: without identifier at once, so that it may be used again; gone once no task runs any more.
alter table end_user alter column identifier drop not null;
alter table end_user drop constraint end_user_state_check;
alter table end_user add column date_deleted timestamptz;
alter table end_user
  add check (state in ('active', 'deactivated', 'blocked', 'deleted')),
  add check ((state = 'deleted') = (identifier is null)),
  add check ((state = 'deleted') = (date_deleted is not null));

-- What the sweepers look for: who is to be erased or switched off, and which local objects are old.
create index end_user_off on end_user (id) where state <> 'active';
create index source_off on source (id) where refused in ('deactivated', 'blocked');
create index result_local on result (id) where date_deleted is null and url like 'local:%';

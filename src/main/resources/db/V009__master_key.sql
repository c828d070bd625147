-- Which master keys the running nodes hold: none is written under before all of them have it.
create table key_holder (
  node            uuid primary key,
  -- ids, separated by commas: first the one it seals under, then the others
  keys            text not null,
  date_seen       timestamptz not null
);
grant select, insert, update, delete on key_holder to ${system};

-- A backup leaves out what is about running processes: tables whose comment begins with `ephemeral`.
comment on table key_holder is 'ephemeral: running nodes';
comment on table node is 'ephemeral: running nodes';
comment on table scheduled_tasks is 'ephemeral: executions under way; tasks without one return to pending';

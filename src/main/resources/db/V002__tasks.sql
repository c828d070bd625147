-- The queue: tasks, the nodes that run them, whose turn it is, and how fast an upstream account may be asked.

create table task (
  id              uuid primary key,
  organisation    bigint not null references organisation,
  key             bigint not null,
  end_user        bigint,
  source          bigint,
  session         uuid,
  poll            uuid,
  source_type     text,
  type            text not null,
  target          text,
  priority        smallint not null default 0,
  -- 1 interactive: a person waits for it (sign-ins, config tests); 0 bulk. Each lane is admitted by itself.
  lane            smallint not null generated always as (case when priority >= 10 then 1 else 0 end) stored,
  state           text not null default 'pending'
                  check (state in ('pending', 'processing', 'suspended', 'succeeded', 'failed')),
  error           text,
  error_detail    text,
  items           bigint not null default 0,
  items_total     bigint,
  bytes           bigint not null default 0,
  -- how often it was admitted; with the id it names one execution, never reused
  admission       integer not null default 0,
  -- how often it was started: with the admission the fence of every later write
  attempt         integer not null default 0,
  -- attempts in a row that came back without progress, and attempts in a row that ended in an exception of ours
  stalls          integer not null default 0,
  faults          integer not null default 0,
  -- true where it was given a payload: it is started once and never revived
  once            boolean not null default false,
  cancel          boolean not null default false,
  -- sealed; the attempt that starts takes it away in the same update
  payload         bytea,
  args            jsonb,
  cursor          jsonb,
  due             timestamptz,
  date_created    timestamptz not null,
  date_started    timestamptz,
  date_completed  timestamptz,
  check ((state = 'suspended') = (due is not null)),
  check ((state in ('succeeded', 'failed')) = (date_completed is not null)),
  check ((state = 'failed') = (error is not null)),
  check (payload is null or date_completed is null)
) with (fillfactor = 85);
create index on task (organisation, id desc);
create index on task (organisation, poll, id) where poll is not null;
create index on task (organisation, session, id) where session is not null;
create index task_pending on task (lane, organisation, priority desc, id) where state = 'pending';
create index task_pending_source on task (lane, organisation, source, priority desc, id) where state = 'pending';
create index task_processing on task (organisation, source, lane) where state = 'processing';
create index task_suspended on task (due) where state = 'suspended';
create index task_payload on task (date_created) where payload is not null;
call tenant_table('task');

-- When each organisation had its last turn in a lane, counted in turns: who waited longest comes first.
create table turn (
  lane            smallint not null,
  organisation    bigint not null references organisation,
  served          bigint not null,
  primary key (lane, organisation)
);
create sequence turn_served;
grant select, insert, update, delete on turn to ${system};
grant usage on sequence turn_served to ${system};

-- The worker nodes. One that was not seen for the length of a lease counts no more.
create table node (
  id              uuid primary key,
  slots           integer not null,
  date_seen       timestamptz not null
);
grant select, insert, update, delete on node to ${system};

-- db-scheduler's own table: one row per admitted task, called <task>/<admission>.
create table scheduled_tasks (
  task_name            text not null,
  task_instance        text not null,
  task_data            bytea,
  execution_time       timestamptz not null,
  picked               boolean not null,
  picked_by            text,
  last_success         timestamptz,
  last_failure         timestamptz,
  consecutive_failures integer,
  last_heartbeat       timestamptz,
  version              bigint not null,
  priority             smallint,
  primary key (task_name, task_instance)
);
create index on scheduled_tasks (execution_time);
create index on scheduled_tasks (last_heartbeat);
grant select, insert, update, delete on scheduled_tasks to ${system};

-- How fast one upstream account may be asked, per host class, over all organisations and nodes.
create table upstream (
  account         text not null,
  host            text not null,
  -- requests per second; null: no limit known
  rate            double precision,
  -- every request up to here has been given out
  taken_until     timestamptz not null,
  paused_until    timestamptz not null,
  date_throttled  timestamptz,
  date_leased     timestamptz not null,
  primary key (account, host)
);
create index on upstream (date_leased);
grant select, insert, update, delete on upstream to ${system};

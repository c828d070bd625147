-- Subscriptions: polls that are made again and again, and what each of them has delivered already.

create table subscription (
  id                uuid primary key,
  organisation      bigint not null references organisation,
  key               bigint not null references api_key,
  end_user          bigint not null references end_user,
  source            bigint not null references source,
  session           uuid not null references session,
  -- as it came, wildcards included: each poll reads it anew
  poll_payload      json not null,
  interval_seconds  bigint not null check (interval_seconds > 0),
  date_start        timestamptz,
  date_end          timestamptz,
  state             text not null check (state in ('pending', 'active', 'paused', 'deleted')),
  -- why polls are not made although they should be
  error             text,
  -- its session is over: a new one of the same source takes its place
  stopped           boolean not null default false,
  -- the grid: polls are due at this moment and every interval after it. The first may be due before it
  slots_from        timestamptz not null,
  -- also kept while nothing is polled, so that one that was missed is due at once; null when no more will come
  next_due          timestamptz,
  last_poll         timestamptz,
  -- when to warn that the session will lapse; null once that is done
  date_warning      timestamptz,
  date_created      timestamptz not null
) with (fillfactor = 85);
create index on subscription (organisation, id desc);
create index subscription_due on subscription (next_due, id)
  where state = 'active' and not stopped and next_due is not null;
create index subscription_warning on subscription (date_warning)
  where state = 'active' and not stopped and date_warning is not null;
create index subscription_session on subscription (session) where state <> 'deleted';
create index subscription_source on subscription (source) where state <> 'deleted';
call tenant_table('subscription');
call counted_list('subscription');

-- How far a subscription has got with one of its types. `asked` names the type and what else decides which records
-- and files come, so that another payload starts over.
create table delivered (
  subscription      uuid not null references subscription on delete cascade,
  asked             text not null,
  organisation      bigint not null references organisation,
  -- from where the next poll lists; null for from the beginning
  date_since        timestamptz,
  -- since when its listings have lacked something; null where the last was whole
  date_gap          timestamptz,
  -- sorted fingerprints, eight bytes each, of the records and files that the last listing named
  seen              bytea not null,
  primary key (subscription, asked)
);
-- They do not compress.
alter table delivered alter column seen set storage external;
call tenant_table('delivered');

alter table poll add column subscription uuid references subscription;
alter table poll add column requestor text not null default 'api' check (requestor in ('api', 'subscription'));
create index poll_subscription on poll (subscription, id desc) where subscription is not null;

-- An active subscription uses it: it does not end for being idle.
alter table session add column subscribed boolean not null default false;
create index session_idle on session (date_used) where state = 'active' and not subscribed;
drop index session_date_used_idx;

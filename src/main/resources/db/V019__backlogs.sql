-- What is done for a webhook config in batches: its organisation may have a million events.

alter table webhook_config
  -- the first default adopts what found no config, as far as this event it has; null where that is over
  add column adopted_to uuid,
  -- switched off by its organisation: what waits for it leaves the line
  add column drops      boolean not null default false;
create index webhook_config_backlog on webhook_config (id) where adopted_to is not null or drops;
update webhook_config set drops = true where stopped = 'organisation';

-- How many seconds an organisation keeps its events; null for as long as the operator lets it.
alter table organisation add column event_retention bigint check (event_retention > 0);

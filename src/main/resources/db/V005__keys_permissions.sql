-- Permissions that keys may be narrowed by, the tokens of a key (more than one while it is being rotated), and what has
-- been used of the scopes that have limits.

-- The ids of permissions; the organisation's base permission, which lies in its own row, has one of them.
create sequence permission_id;
grant usage on sequence permission_id to ${tenant}, ${system};
alter table organisation add column permission bigint not null unique default nextval('permission_id');

create table permission (
  id              bigint primary key default nextval('permission_id'),
  organisation    bigint not null references organisation,
  identifier      text not null,
  scopes          json not null,
  date_created    timestamptz not null,
  unique (organisation, id),
  unique (organisation, identifier)
);
call tenant_table('permission');

-- A key is narrowed by a permission, by scopes of its own, or by nothing.
alter table api_key
  add column permission bigint,
  add foreign key (organisation, permission) references permission (organisation, id),
  add check (permission is null or scopes is null);

create table key_token (
  -- SHA-256 of the token
  hash            bytea primary key,
  organisation    bigint not null references organisation,
  key             bigint not null references api_key on delete cascade,
  -- null for the newest; a token that was rotated away opens until then
  date_expires    timestamptz
);
create index on key_token (key);
create unique index on key_token (key) where date_expires is null;
call tenant_table('key_token');

insert into key_token (hash, organisation, key) select token_hash, organisation, id from api_key;
alter table api_key drop column token_hash;

-- How often a scope was used within a window, by an organisation, a key or a user. Only what has a limit is counted.
create table scope_use (
  organisation    bigint not null references organisation,
  scope           text not null,
  level           text not null check (level in ('organisation', 'key', 'user')),
  -- the id of that organisation, key or user
  subject         bigint not null,
  per             text not null check (per in ('ever', 'hour', 'day', 'month')),
  window_start    timestamptz not null,
  window_end      timestamptz,
  used            bigint not null check (used > 0),
  primary key (organisation, scope, level, subject, per, window_start)
);
create index on scope_use (window_end);
call tenant_table('scope_use');

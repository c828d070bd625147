-- Where the reading of one of a source's data types stopped, so that a later one fetches what changed since.
create table cursor (
  id                uuid primary key,
  organisation      bigint not null references organisation,
  source            bigint not null references source,
  -- as asked for
  data_type         text not null,
  -- of the type's records: a cursor of another version starts over
  schema_version    text not null,
  -- the connector's own, packed, then sealed
  state             bytea not null,
  date_created      timestamptz not null
);
create index on cursor (source, data_type, id desc);
-- What is sealed does not compress.
alter table cursor alter column state set storage external;
call tenant_table('cursor');

-- From where a subscription goes on; null where the type has no cursors.
alter table delivered add column cursor uuid references cursor on delete set null;
create index on delivered (cursor) where cursor is not null;

-- A manifest for each poll: what was published, by size and hash, signed with a key of the organisation's own.

alter table result
  -- of the content, before any cipher; null for what was published before there were manifests
  add column sha256           text,
  -- where the object is encrypted: the content's size and MD5. `size` and `checksum` are those of the object
  add column content_size     bigint,
  add column content_checksum text,
  -- what a feed says of itself; null for a file
  add column listed           bigint,
  add column refused          bigint,
  add column complete         boolean,
  add check ((content_size is null) = (content_checksum is null));

-- The keys that manifests are signed with. One is in use; those it replaced stay, to check what they signed.
create table manifest_key (
  -- the first 16 hexadecimal digits of the public key's SHA-256
  id              text not null,
  organisation    bigint not null references organisation,
  -- X.509 (SubjectPublicKeyInfo)
  public_key      bytea not null,
  -- PKCS #8, sealed
  private_key     bytea not null,
  date_created    timestamptz not null,
  date_retired    timestamptz,
  primary key (organisation, id)
);
create unique index manifest_key_in_use on manifest_key (organisation) where date_retired is null;
call tenant_table('manifest_key', 'select, insert, update');

-- Made in the transaction that completes the poll; then whoever comes first writes the object.
create table manifest (
  poll            uuid primary key references poll,
  organisation    bigint not null references organisation,
  state           text not null default 'pending' check (state in ('pending', 'available', 'failed', 'expired')),
  attempts        int not null default 0,
  -- when it is to be written, or, while somebody writes it, when that one counts as dead
  date_next       timestamptz not null,
  writing         boolean not null default false,
  -- the key it is signed with: every attempt writes the same bytes
  key             text,
  -- where the object and its signature go; null until the first attempt has chosen it, for every later one too
  url             text,
  signature_url   text,
  size            bigint,
  sha256          text,
  -- why it was given up
  error           text,
  message         text,
  date_created    timestamptz not null,
  date_written    timestamptz,
  foreign key (organisation, key) references manifest_key (organisation, id),
  check (state not in ('available', 'expired') or url is not null),
  check ((url is null) = (signature_url is null)),
  check ((state = 'failed') = (error is not null))
);
create index manifest_due on manifest (date_next) where state = 'pending';
create index manifest_writing on manifest (date_next) where writing and state = 'pending';
create index manifest_local on manifest (poll) where state = 'available' and url like 'local:%';
call tenant_table('manifest');

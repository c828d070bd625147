-- Indexes for what lists are narrowed to and for what is deleted by, a source's lock beside its switch, and columns
-- that no backup holds.

-- Lists newest first, and the deletes of a user and of a key, which look for what still names them.
create index on source (end_user, id desc);
create index on source (organisation, identifier, id desc);
create index on session (end_user, id desc);
create index on session (key, id desc);
create index on poll (end_user, id desc);
create index on poll (source, id desc);
create index on poll (key);
create index on end_user (key, id desc);
create index on open_sign_in (end_user);
create index on open_sign_in (key);
create index on webhook_config (key);
create index on task (end_user, id desc) where end_user is not null;
create index on task (source, id desc) where source is not null;
create index on task (organisation, type, id desc);
-- Nearly all tasks have succeeded; the others are few among them.
create index on task (organisation, state, id desc) where state <> 'succeeded';
create index on result (organisation, identifier, id desc);
-- The state as the list has it, word for word.
create index result_state on result (organisation, (case when date_deleted is not null then 'expired' when date_consumed is not null then 'consumed' else 'available' end), id desc);

-- For what a sweeper looks for: users in the order in which they are to be erased, and tokens that are over.
create index end_user_deleted on end_user (date_deleted) where state = 'deleted';
create index on key_token (date_expires) where date_expires is not null;

-- The service's lock of the account outlives the organisation's switch.
alter table source add column locked boolean not null default false;
update source set locked = true, refused = null where refused = 'locked';
alter table source drop constraint source_refused_check;
alter table source add check (refused in ('deactivated', 'blocked'));

-- A backup leaves out columns whose comment begins with `ephemeral`, as it does such tables: they are null after it.
comment on column task.payload is 'ephemeral: passwords and codes, for minutes';
comment on column resend.answer is 'ephemeral: answers, for a repeat within minutes';
create index on subscription (key);

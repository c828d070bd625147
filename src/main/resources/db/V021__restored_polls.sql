-- Of a poll that was restored nobody knows what was published, and told, after the backup: nothing of it is deleted as an
-- object without a result.
alter table poll add column all_known boolean;
comment on column poll.all_known is 'ephemeral: whether all that it published is in this database, so not after a restore';
update poll set all_known = true where date_completed is null;

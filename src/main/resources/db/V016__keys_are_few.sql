-- An organisation's keys are few, and their list counts them: a key expires by the clock, so each of its lists has a filter.
drop trigger counted_insert on api_key;
drop trigger counted_delete on api_key;
delete from list_change where list = 'api_key';
delete from list_total where list = 'api_key';

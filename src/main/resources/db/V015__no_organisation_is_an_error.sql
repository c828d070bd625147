-- A query of the tenant role without an organisation is a mistake, and fails. It found nothing before, which looks like
-- an answer.

create or replace procedure tenant_table(name regclass, rights text default 'select, insert, update, delete')
language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('create policy tenant on %s to ${tenant} using (organisation = current_setting(''ferry.organisation'')::bigint)', name);
  execute format('create policy system on %s to ${system} using (true)', name);
  execute format('grant %s on %s to ${tenant}, ${system}', rights, name);
end $$;

do $$
declare
  name regclass;
begin
  for name in select polrelid::regclass from pg_policy where polname = 'tenant' loop
    execute format('alter policy tenant on %s using (organisation = current_setting(''ferry.organisation'')::bigint)', name);
  end loop;
end $$;

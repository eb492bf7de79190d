import { APP_ROLE } from '../row-security.ts';

/** The texts of row-level security, for the migrations that make tables. Released ones never change. */

const ALL = `(select muster_scope_is('system', 'everybody'))`;
const OWNER = `(select case when muster_scope_is('owner') then nullif(current_setting('muster.owner', true), '')::uuid end)`;

/** Rows that carry their owner in a column. */
export const ownedBy = (column: string): string => `${ALL} or ${column} = ${OWNER}`;

/** Turns row-level security on for a table. @param condition who sees, and may write, a row */
export const policy = (table: string, condition: string): string => `
alter table ${table} enable row level security;
create policy ${table}_scope on ${table} using (${condition}) with check (${condition});
do $$
begin
  if not exists (select 1 from pg_roles where rolname = '${APP_ROLE}' and pg_has_role(current_user, oid, 'set')) then
    alter table ${table} force row level security;
  end if;
end
$$;
`;

import { Migration } from '@mikro-orm/migrations';
import { APP_ROLE } from '../row-security.ts';

/** Row-level security on every table, and the role under which the program works. */
export class Migration20261121000004 extends Migration {
  override up(): void {
    this.addSql(appRole);
    this.addSql(scopeFunction);
    for (const [table, condition] of Object.entries(POLICIES)) this.addSql(policy(table, condition));
  }
}

/**
 * Made where that is allowed. Where it is not, security is forced on the tables, so that it binds their owner
 * too. Roles belong to the whole server: another database of ours may have made it, even just now.
 */
const appRole = `
do $$
begin
  begin
    create role ${APP_ROLE} nologin;
  exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then null;
  end;
  if exists (select 1 from pg_roles where rolname = '${APP_ROLE}') then
    begin
      execute format('grant ${APP_ROLE} to %I', current_user);
    exception
      when insufficient_privilege or unique_violation or internal_error then null;
    end;
    execute format('grant usage on schema %I to ${APP_ROLE}', current_schema());
    execute format('grant select, insert, update, delete on all tables in schema %I to ${APP_ROLE}', current_schema());
    execute format('grant usage, select on all sequences in schema %I to ${APP_ROLE}', current_schema());
    execute format('alter default privileges in schema %I grant select, insert, update, delete on tables to ${APP_ROLE}', current_schema());
    execute format('alter default privileges in schema %I grant usage, select on sequences to ${APP_ROLE}', current_schema());
  end if;
end
$$;
`;

/** What a connection may see. A setting that was never made counts as nothing. */
const scopeFunction = `
create function muster_scope_is(variadic scopes text[]) returns boolean language sql stable as $$
  select coalesce(current_setting('muster.scope', true) = any(scopes), false)
$$;
`;

const ALL = `(select muster_scope_is('system', 'everybody'))`;
const OWNER = `(select case when muster_scope_is('owner') then nullif(current_setting('muster.owner', true), '')::uuid end)`;
const ownedBy = (column: string): string => `${ALL} or ${column} = ${OWNER}`;
/** People are recognised before anybody knows whose request it is. */
const peopleOwnedBy = (column: string): string => `${ownedBy(column)} or (select muster_scope_is('people'))`;
/** Rows of an execution are its owner's: the inner query is bound by the policy of executions. */
const ofExecution = (table: string): string =>
  `${ALL} or exists (select 1 from executions e where e.id = ${table}.execution_id)`;
const systemOnly = `(select muster_scope_is('system'))`;

/** Every table and who sees its rows; a test fails when a table is missing here. */
const POLICIES: Record<string, string> = {
  users: peopleOwnedBy('id'),
  api_keys: peopleOwnedBy('owner_id'),
  sessions: peopleOwnedBy('user_id'),
  refresh_tokens: `${ALL} or (select muster_scope_is('people')) or exists (select 1 from sessions s where s.id = family_id)`,
  external_identities: peopleOwnedBy('user_id'),
  audit_entries: `(select muster_scope_is('system', 'everybody', 'people'))`,
  idempotency_keys: peopleOwnedBy('owner_id'),
  rate_limits: `(select muster_scope_is('system', 'people'))`,
  executions: ownedBy('owner_id'),
  task_executions: ofExecution('task_executions'),
  calls: ofExecution('calls'),
  execution_events: ofExecution('execution_events'),
  execution_log_heads: ofExecution('execution_log_heads'),
  outbox: systemOnly,
};

const policy = (table: string, condition: string): string => `
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

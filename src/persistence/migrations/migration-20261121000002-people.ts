import { Migration } from '@mikro-orm/migrations';

/** Sessions with their refresh tokens, people of an external issuer, the audit trail. */
export class Migration20261121000002 extends Migration {
  override up(): void {
    this.addSql(users);
    this.addSql(sessions);
    this.addSql(externalIdentities);
    this.addSql(auditEntries);
    this.addSql(appendOnly);
  }
}

/** Somebody who comes by an external issuer may have no e-mail address that is proven and free. */
const users = `
alter table users alter column email drop not null;
alter table users add column tokens_valid_after timestamptz;
create index users_newest on users (created_at desc, id desc);
create index api_keys_newest on api_keys (created_at desc, id desc) where revoked_at is null;
`;

const sessions = `
create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index sessions_user on sessions (user_id, expires_at);
create table refresh_tokens (
  token_hash text primary key,
  family_id uuid not null references sessions (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index refresh_tokens_family on refresh_tokens (family_id, expires_at);
`;

const externalIdentities = `
create table external_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null,
  primary key (issuer, subject)
);
create index external_identities_user on external_identities (user_id);
`;

/** No foreign keys: what somebody did stays known when they are gone. */
const auditEntries = `
create table audit_entries (
  id uuid primary key,
  at timestamptz not null,
  actor_user_id uuid,
  actor_key_id uuid,
  action text not null,
  target text,
  method text not null,
  path text not null,
  status integer not null,
  ip text not null,
  request_id text not null
);
create index audit_entries_newest on audit_entries (at desc, id desc);
create index audit_entries_actor on audit_entries (actor_user_id, at desc, id desc);
create index audit_entries_action on audit_entries (action, at desc, id desc);
`;

const appendOnly = `
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end
$$;
create trigger audit_entries_append_only before update or delete or truncate on audit_entries
  for each statement execute function refuse_change();
`;

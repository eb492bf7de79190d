import { Migration } from '@mikro-orm/migrations';
import { ownedBy, policy } from './row-policies.ts';

/** Flows that people upload; an execution keeps the one it runs. `json` and not `jsonb`: the order of methods counts. */
export class Migration20261124000012 extends Migration {
  override up(): void {
    this.addSql(flows);
    this.addSql(policy('flows', ownedBy('owner_id')));
  }
}

const flows = `
create table flows (
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  name text not null,
  source text not null,
  definition json not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (owner_id, name)
);
alter table executions add column flow_snapshot json;
`;

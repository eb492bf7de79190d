import { Migration } from '@mikro-orm/migrations';
import { policy } from './row-policies.ts';

/**
 * Where the trace of an execution hangs: the request it was accepted in, as W3C's `traceparent`. And the workers there are:
 * each tells every few seconds that it lives, and reads there whether it shall take nothing new.
 */
export class Migration20261128000037 extends Migration {
  override up(): void {
    this.addSql('alter table executions add column traceparent text');
    this.addSql(workers);
    this.addSql('create index workers_seen on workers (seen_at)');
    this.addSql(policy('workers', `(select muster_scope_is('system', 'everybody'))`));
  }
}

const workers = `
create table workers (
  id uuid primary key,
  task_queue text not null,
  host text not null,
  pid integer not null,
  build_id text,
  version text not null,
  tasks_out integer not null default 0,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  drain_requested_at timestamptz,
  ended_at timestamptz
)
`;

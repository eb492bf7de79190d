import { Migration } from '@mikro-orm/migrations';

/** What becomes of a run when one of its tasks fails, whether it stands still for that, and how often a task was changed. */
export class Migration20261121000008 extends Migration {
  override up(): void {
    this.addSql(`alter table executions add column on_task_failure text not null default 'fail'
      check (on_task_failure in ('fail', 'pause', 'continue'))`);
    this.addSql('alter table executions add column parked boolean not null default false');
    this.addSql('alter table task_executions add column edits integer not null default 0');
    this.addSql(
      `create index executions_parent on executions (parent_execution_id) where parent_execution_id is not null`,
    );
  }
}

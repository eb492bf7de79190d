import { Migration } from '@mikro-orm/migrations';

/** A task says what people should know of it beside its output: that a reply of its model was cut off, or filtered. */
export class Migration20261201000081 extends Migration {
  override up(): void {
    // A constant default: no row is written anew.
    this.addSql(`alter table task_executions add column warnings jsonb not null default '[]'`);
  }
}

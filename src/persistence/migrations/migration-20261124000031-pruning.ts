import { Migration } from '@mikro-orm/migrations';

/** What `muster prune` looks for: the deliveries of an execution. */
export class Migration20261124000031 extends Migration {
  override up(): void {
    this.addSql(
      'create index deliveries_execution on deliveries (execution_id) where execution_id is not null',
    );
  }
}

import { Migration } from '@mikro-orm/migrations';

/** Users that are disabled, whose open runs are looked for every few seconds. */
export class Migration20261201000072 extends Migration {
  override up(): void {
    this.addSql('create index users_disabled on users (id) where not is_active');
  }
}

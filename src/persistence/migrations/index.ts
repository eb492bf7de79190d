import { Migration20261121000001 } from './migration-20261121000001-first-light.ts';
import { Migration20261121000002 } from './migration-20261121000002-people.ts';

/** Every migration, oldest first. Released ones never change. */
export const migrations = [
  { name: 'Migration20261121000001', class: Migration20261121000001 },
  { name: 'Migration20261121000002', class: Migration20261121000002 },
];

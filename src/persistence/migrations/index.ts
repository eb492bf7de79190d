import { Migration20261121000001 } from './migration-20261121000001-first-light.ts';
import { Migration20261121000002 } from './migration-20261121000002-people.ts';
import { Migration20261121000003 } from './migration-20261121000003-borders.ts';
import { Migration20261121000004 } from './migration-20261121000004-row-security.ts';
import { Migration20261121000005 } from './migration-20261121000005-engine.ts';
import { Migration20261121000006 } from './migration-20261121000006-graphs.ts';
import { Migration20261121000007 } from './migration-20261121000007-questions.ts';
import { Migration20261121000008 } from './migration-20261121000008-task-controls.ts';
import { Migration20261121000009 } from './migration-20261121000009-platform.ts';
import { Migration20261121000010 } from './migration-20261121000010-release-without-lock.ts';
import { Migration20261121000011 } from './migration-20261121000011-flows.ts';
import { Migration20261124000012 } from './migration-20261124000012-declared-flows.ts';
import { Migration20261124000013 } from './migration-20261124000013-agent-instances.ts';
import { Migration20261124000015 } from './migration-20261124000015-webhooks.ts';
import { Migration20261124000017 } from './migration-20261124000017-limits.ts';
import { Migration20261124000018 } from './migration-20261124000018-shared-rates.ts';
import { Migration20261124000019 } from './migration-20261124000019-schedules.ts';
import { Migration20261124000021 } from './migration-20261124000021-recollection.ts';
import { Migration20261124000023 } from './migration-20261124000023-long-plans.ts';
import { Migration20261124000025 } from './migration-20261124000025-instance-counts.ts';
import { Migration20261124000031 } from './migration-20261124000031-pruning.ts';
import { Migration20261124000026 } from './migration-20261124000026-batches.ts';

/** Every migration, oldest first. Released ones never change. */
export const migrations = [
  { name: 'Migration20261121000001', class: Migration20261121000001 },
  { name: 'Migration20261121000002', class: Migration20261121000002 },
  { name: 'Migration20261121000003', class: Migration20261121000003 },
  { name: 'Migration20261121000004', class: Migration20261121000004 },
  { name: 'Migration20261121000005', class: Migration20261121000005 },
  { name: 'Migration20261121000006', class: Migration20261121000006 },
  { name: 'Migration20261121000007', class: Migration20261121000007 },
  { name: 'Migration20261121000008', class: Migration20261121000008 },
  { name: 'Migration20261121000009', class: Migration20261121000009 },
  { name: 'Migration20261121000010', class: Migration20261121000010 },
  { name: 'Migration20261121000011', class: Migration20261121000011 },
  { name: 'Migration20261124000012', class: Migration20261124000012 },
  { name: 'Migration20261124000013', class: Migration20261124000013 },
  { name: 'Migration20261124000015', class: Migration20261124000015 },
  { name: 'Migration20261124000017', class: Migration20261124000017 },
  { name: 'Migration20261124000018', class: Migration20261124000018 },
  { name: 'Migration20261124000019', class: Migration20261124000019 },
  { name: 'Migration20261124000021', class: Migration20261124000021 },
  { name: 'Migration20261124000023', class: Migration20261124000023 },
  { name: 'Migration20261124000025', class: Migration20261124000025 },
  { name: 'Migration20261124000026', class: Migration20261124000026 },
  { name: 'Migration20261124000031', class: Migration20261124000031 },
];

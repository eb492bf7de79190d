import type { EntityManager } from '@mikro-orm/postgresql';
import type { Settings } from '../config.ts';
import type { CountedLimit } from '../domain/user-limits.ts';
import type { Database } from '../persistence/database.ts';
import { refuseAboveQuotaIn } from '../persistence/quotas.ts';

/**
 * Makes something that its owner keeps, unless that is more than one may: the one way in which handlers add rows to an owner's.
 * @param limits which limits it counts for
 * @param added how much it is, where that is not one
 * @throws {MusterError} CONFLICT with `limit`, `maximum` and `current`; nothing is made then
 */
export const makeOwned = <T>(
  { database, settings }: { database: Database; settings: Settings },
  ownerId: string,
  limits: readonly CountedLimit[],
  make: (em: EntityManager) => Promise<T>,
  added: Partial<Record<CountedLimit, number>> = {},
): Promise<T> =>
  database.as({ ownerId }, async (em) => {
    const made = await make(em);
    await refuseAboveQuotaIn(em, ownerId, limits, settings.USER_LIMITS, added);
    return made;
  });

import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Settings } from '../config.ts';
import { createApiKey } from '../security/api-key.ts';
import { createPasswords, randomPassword } from '../security/passwords.ts';
import { createDatabase } from './database.ts';
import { User } from './entities/user.entity.ts';
import { ApiKeysRepository } from './repositories/api-keys.repository.ts';
import { UsersRepository } from './repositories/users.repository.ts';

const DEFAULT_EMAIL = 'admin@muster.local';
/** Advisory lock that keeps two processes from making two first admins; any constant will do. */
const FIRST_ADMIN_LOCK = 7_305_002;

/** The only time these are seen: the password and the key are stored as hashes. */
export interface FirstAdmin {
  email: string;
  password: string;
  apiKey: string;
}

/**
 * Makes the admin and its API key when there is no admin yet. Two processes may call it at once: one makes
 * them, the other gets null. @throws when DATABASE_URL is missing, the schema is not migrated, or the
 * admin's e-mail already belongs to an ordinary user.
 */
export async function prepareFirstAdmin(settings: Settings): Promise<FirstAdmin | null> {
  if (settings.DATABASE_URL === undefined)
    throw new Error('DATABASE_URL is not set: there is nowhere to keep an admin');
  const database = await createDatabase(settings.DATABASE_URL, { poolMax: 2 });
  try {
    return await database.em().transactional(async (em) => {
      await em.execute('select pg_advisory_xact_lock(?)', [FIRST_ADMIN_LOCK]);
      const isThere = (await em.count(User, { role: 'admin' })) > 0;
      return isThere ? null : await createFirstAdmin(em, settings);
    });
  } finally {
    await database.close();
  }
}

async function createFirstAdmin(em: EntityManager, settings: Settings): Promise<FirstAdmin> {
  const email = (settings.ADMIN_EMAIL ?? DEFAULT_EMAIL).toLowerCase();
  const password = settings.ADMIN_PASSWORD ?? randomPassword();
  if ((await new UsersRepository(em).findByEmail(email)) !== null) {
    throw new Error(`ADMIN_EMAIL ${email} already belongs to a user who is no admin; choose another`);
  }
  const now = new Date();
  const user = em.create(User, {
    id: randomUUID(),
    email,
    name: 'Admin',
    passwordHash: await createPasswords().hash(password),
    role: 'admin',
    isActive: true,
    createdAt: now,
    updatedAt: now,
  });
  await em.flush();
  const { key, publicId, secretHash } = createApiKey();
  await new ApiKeysRepository(em).create({
    ownerId: user.id,
    name: 'First key',
    publicId,
    secretHash,
    scopes: ['read', 'write', 'admin'],
    expiresAt: null,
    createdAt: now,
  });
  return { email, password, apiKey: key };
}

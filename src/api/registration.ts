import type { Settings } from '../config.ts';
import { isLoopback } from '../http/loopback-only.ts';

/** Whether anybody who reaches the API may make an account: as REGISTRATION says, else on loopback with no proxy before it only. */
export const isRegistrationOpen = ({ REGISTRATION, API_HOST, TRUST_PROXY }: Settings): boolean =>
  (REGISTRATION ?? (isLoopback(API_HOST) && !TRUST_PROXY ? 'open' : 'closed')) === 'open';

import type { Settings } from '../config.ts';
import { isLoopback } from './middleware/loopback-only.ts';

/** Whether anybody who reaches the API may make an account: as REGISTRATION says, else on loopback only. */
export const isRegistrationOpen = ({ REGISTRATION, API_HOST }: Settings): boolean =>
  (REGISTRATION ?? (isLoopback(API_HOST) ? 'open' : 'closed')) === 'open';

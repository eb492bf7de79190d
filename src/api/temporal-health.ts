import type { Logger } from 'pino';
import type { Temporal } from '../temporal/client.ts';
import type { TemporalHealth } from './deps.ts';

/** @returns a look at Temporal; its being away is an answer, not an error. */
export function temporalHealthOf(
  temporal: Pick<Temporal, 'address' | 'ping'>,
  logger: Logger,
): () => Promise<TemporalHealth> {
  const { address } = temporal;
  return async () => {
    try {
      await temporal.ping();
      return { status: 'ok', address };
    } catch (error) {
      logger.debug({ err: error }, 'temporal does not answer the health probe');
      return { status: 'unavailable', address };
    }
  };
}

import type { KickoffUrls } from '../../../persistence/kickoff-endpoints.ts';
import type { ApiServices } from '../../services.ts';
import { checkUrls } from '../webhooks/access.ts';

/** The addresses in a body of AMP. */
interface CallbackFields {
  taskWebhookUrl?: string | null | undefined;
  stepWebhookUrl?: string | null | undefined;
  crewWebhookUrl?: string | null | undefined;
}

/** @throws {MusterError} VALIDATION_FAILED naming each address that is never called */
export async function checkedUrls(
  engine: Pick<ApiServices, 'checkUrl'>,
  { taskWebhookUrl, stepWebhookUrl, crewWebhookUrl }: CallbackFields,
): Promise<KickoffUrls> {
  await checkUrls(engine, { taskWebhookUrl, stepWebhookUrl, crewWebhookUrl });
  return { task: taskWebhookUrl ?? null, step: stepWebhookUrl ?? null, crew: crewWebhookUrl ?? null };
}

import type { Settings } from '../../config.ts';
import { createModels } from '../../models/create-models.ts';
import { isWeakSecret } from '../../security/tokens.ts';
import { encrypts } from '../../temporal/payload-codec.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** JWT_SECRET, encryption, keys of models. Nothing of them is shown. */
export function checkKeys(settings: Settings): Finding[] {
  return [
    isWeakSecret(settings.JWT_SECRET)
      ? fail('JWT_SECRET', 'is missing or weak', 'JWT_SECRET=$(openssl rand -hex 32), the same for every API')
      : ok('JWT_SECRET', 'is there and long enough'),
    encrypts(settings)
      ? ok('encryption', `payloads are encrypted; ${settings.PAYLOAD_ENCRYPTION_KEYS.length} keys are known`)
      : warn(
          'encryption',
          'Temporal keeps payloads readable (they hold ids and codes, no texts)',
          'PAYLOAD_ENCRYPTION_KEYS=$(openssl rand -hex 32), the same for API and worker',
        ),
    createModels(settings).demoStandsIn
      ? warn(
          'models',
          'no provider has a key: the demo model stands in',
          'set OPENAI_API_KEY or another provider’s',
        )
      : ok('models', `DEFAULT_MODEL is ${settings.DEFAULT_MODEL}`),
  ];
}

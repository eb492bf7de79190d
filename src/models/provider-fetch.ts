import { RedirectRefused, sameOriginFetch } from '../security/same-origin-fetch.ts';
import { ModelFailure } from './model.ts';
import { providerFacts, type ProviderName } from './providers.ts';

/** The `fetch` by which a provider is asked: neither its key nor a prompt follows a redirect to another server. */
export const providerFetch =
  (provider: ProviderName) =>
  async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    try {
      return await sameOriginFetch(input, init);
    } catch (error) {
      if (!(error instanceof RedirectRefused)) throw error;
      const { baseUrlSetting } = providerFacts(provider);
      throw new ModelFailure('bad_request', `${error.message} (${baseUrlSetting})`, { cause: error });
    }
  };

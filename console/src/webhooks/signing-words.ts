/** What the secret of a webhook is good for. */
export const SIGNING_WORDS =
  'The receiver verifies the signature of every message with it, as Standard Webhooks 1.0 says. A lost one can be rotated.';

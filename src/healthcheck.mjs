/** The image's health check: asks the API of this container whether it may be sent requests. Plain, so that it starts at once. */
const port = process.argv[2] ?? '8000';
const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) }).catch(
  () => null,
);
process.exit(answer?.ok === true ? 0 : 1);

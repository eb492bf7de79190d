/**
 * The image's health check: asks the API of this container whether it may be sent requests, or its worker whether it takes
 * work (`9464 /livez`). Plain, so that it starts at once.
 */
const [port = '8000', path = '/readyz'] = process.argv.slice(2);
const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(4_000) }).catch(
  () => null,
);
process.exit(answer?.ok === true ? 0 : 1);

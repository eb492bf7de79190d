/**
 * `npm run test:flows`: both shipped flows with a worker killed at every boundary between their steps
 * (test/e2e/flow-kills.test.ts, whose short form runs in `npm test`).
 */
process.env['MUSTER_TEST_EVERY_BOUNDARY'] = 'true';
process.argv.push('test/e2e/flow-kills.test.ts');
await import('../support/run-checks.ts');

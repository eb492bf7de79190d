/** Jest runs the TypeScript as it is: Node strips the types, nothing is transformed. */
const project = (name, extra = {}) => ({
  displayName: name,
  testEnvironment: 'node',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...extra,
});

/**
 * PostgreSQL and Temporal for all tests of a run. Named in the projects that need them, not at the top: jest then
 * starts them only when one of these has tests to run.
 */
const services = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

export default {
  projects: [
    project('unit'),
    project('lint'),
    project('replay'),
    project('workflows', services),
    project('integration', services),
    project('api', services),
    project('e2e', services),
  ],
  maxWorkers: 2,
  // Node holds on to the modules of each test file that has run (about 40 MB a file): one process for all of them
  // outgrew its heap. A worker above this is replaced between two files.
  workerIdleMemoryLimit: '1536MB',
  testTimeout: 60_000,
};

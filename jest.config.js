/** Jest runs the TypeScript as it is: Node strips the types, nothing is transformed. */
const project = (name, extra = {}) => ({
  displayName: name,
  testEnvironment: 'node',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...extra,
});

export default {
  projects: [
    project('unit'),
    project('lint'),
    project('replay'),
    project('workflows'),
    project('integration'),
    project('api'),
    project('e2e'),
  ],
  maxWorkers: 2,
  testTimeout: 60_000,
};

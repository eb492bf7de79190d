import { fileURLToPath } from 'node:url';
import suite from '../../jest.config.js';

/** `npm run test:browser`: with a Chromium, which `npm test` does not ask for. */
const { globalSetup, globalTeardown } = suite.projects.find(({ displayName }) => displayName === 'e2e');

const rootDir = fileURLToPath(new URL('../..', import.meta.url));

export default {
  rootDir,
  projects: [
    {
      displayName: 'browser',
      rootDir,
      testEnvironment: 'node',
      transform: {},
      extensionsToTreatAsEsm: ['.ts'],
      testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
      globalSetup,
      globalTeardown,
    },
  ],
  testTimeout: 180_000,
};

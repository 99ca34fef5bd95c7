/**
 * One configuration: `unit` beside the code, `adapters` and `pipeline` on real parts, and `cluster` on three brokers, which
 * takes minutes and is run by `npm run test:cluster`.
 */
const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { rewriteRelativeImportExtensions: false } }] },
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/', '<rootDir>/.cache/', '<rootDir>/.build-'],
};

/** Shared servers, started when first asked for; one test file at a time. */
const real = {
  ...common,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  runner: '<rootDir>/test/support/serial-runner.mjs',
};

export default {
  // Real servers on a busy machine take their time: a test that never ends still ends, one that is slow is not wrong.
  testTimeout: 60_000,
  // Unit tests have the processors to themselves: those on real parts come after them, one file at a time.
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.mjs'],
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs,stack,cli,bench,test/support}/**/*.spec.ts'] },
    { ...real, displayName: 'adapters', testMatch: ['<rootDir>/test/adapters/**/*.spec.ts'] },
    { ...real, displayName: 'pipeline', testMatch: ['<rootDir>/test/pipeline/**/*.spec.ts'] },
    { ...real, displayName: 'cluster', testMatch: ['<rootDir>/test/cluster/**/*.spec.ts'] },
  ],
};

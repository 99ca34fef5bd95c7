/**
 * One configuration: `unit` beside the code, `adapters` and `pipeline` on real parts, `portal` in a browser. `faults`, in which apps and servers are
 * killed, `cluster`, on three brokers, and `patience`, which wait for what takes minutes, have commands of their own.
 */
const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { rewriteRelativeImportExtensions: false } }] },
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/', '<rootDir>/.cache/', '<rootDir>/.build-'],
};

/** Shared servers, started when first asked for. */
const real = {
  ...common,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  runner: '<rootDir>/test/support/paired-runner.mjs',
};

/** In a browser: one system and one browser for all of it. */
const portal = {
  ...real,
  runner: '<rootDir>/test/support/portal-runner.mjs',
  displayName: 'portal',
  testEnvironment: '<rootDir>/test/support/portal-environment.mjs',
  testMatch: ['<rootDir>/test/portal/**/*.spec.ts'],
};

export default {
  // Real servers on a busy machine take their time: a test that never ends still ends, one that is slow is not wrong.
  testTimeout: 60_000,
  // Unit tests have the processors to themselves: those on real parts come after them.
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.mjs'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,stack,cli,bench,portal,test/support}/**/*.spec.ts'],
    },
    { ...real, displayName: 'adapters', testMatch: ['<rootDir>/test/adapters/**/*.spec.ts'] },
    { ...real, displayName: 'pipeline', testMatch: ['<rootDir>/test/pipeline/**/*.spec.ts'] },
    portal,
    { ...real, displayName: 'faults', testMatch: ['<rootDir>/test/faults/**/*.spec.ts'] },
    { ...real, displayName: 'cluster', testMatch: ['<rootDir>/test/cluster/**/*.spec.ts'] },
    { ...real, displayName: 'patience', testMatch: ['<rootDir>/test/patience/**/*.spec.ts'] },
  ],
};

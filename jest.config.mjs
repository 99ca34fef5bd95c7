/** One configuration, three projects: `unit` beside the code, `adapters` and `pipeline` on real parts. */
const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { rewriteRelativeImportExtensions: false } }] },
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/', '<rootDir>/.cache/', '<rootDir>/.build-'],
};

export default {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs,stack,test/support}/**/*.spec.ts'] },
    { ...common, displayName: 'adapters', testMatch: ['<rootDir>/test/adapters/**/*.spec.ts'] },
    { ...common, displayName: 'pipeline', testMatch: ['<rootDir>/test/pipeline/**/*.spec.ts'] },
  ],
};

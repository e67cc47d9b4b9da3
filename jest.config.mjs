export default {
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/bench', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/(apps|bench|libs|tools)/(.*/)?dist/'],
  testEnvironmentOptions: { customExportConditions: ['@loyalty/source', 'node', 'node-addons'] },
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        module: { type: 'es6' },
        sourceMaps: 'inline',
        jsc: {
          target: 'es2024',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
  // A test that hangs, not one on a busy machine: those with a database need a second each, alone.
  testTimeout: 60_000,
  coverageProvider: 'v8',
  globalSetup: '<rootDir>/tools/jest-database.mjs',
  globalTeardown: '<rootDir>/tools/jest-database-stop.mjs',
};

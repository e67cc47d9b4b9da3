import { availableParallelism } from 'node:os';

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
  // On two cores Jest would take one and run all files in itself. A second halves the run, for most files wait for a database or a
  // process; and what a failed test leaves running can be ended with its worker, instead of keeping the whole run alive.
  maxWorkers: Math.max(2, availableParallelism()),
  // Modules of a finished file are kept by V8: a worker that holds too many of them begins anew.
  workerIdleMemoryLimit: '1GB',
  coverageProvider: 'v8',
  globalSetup: '<rootDir>/tools/jest-database.mjs',
  globalTeardown: '<rootDir>/tools/jest-database-stop.mjs',
};

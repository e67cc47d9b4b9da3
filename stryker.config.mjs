// Mutation testing of the ledger's core: docs/contributing/mutation.md
export default {
  plugins: ['./tools/mutation/in-process-runner.ts'],
  testRunner: 'in-process',
  testRunnerNodeArgs: [
    '--conditions=@loyalty/source',
    '--experimental-transform-types',
    '--disable-warning=ExperimentalWarning',
  ],
  coverageAnalysis: 'perTest',
  mutate: ['libs/domain/points/src/core/*.ts', '!**/*.spec.ts', '!**/*.fixture.ts'],
  concurrency: 1,
  // A loop without end is found by counting its rounds. Any shorter time calls a mutant killed because the machine was busy.
  timeoutMS: 60_000,
  reporters: ['clear-text', 'json', 'progress'],
  clearTextReporter: { logTests: false, reportTests: false },
  tempDirName: 'coverage/stryker',
  jsonReporter: { fileName: 'coverage/mutation.json' },
  thresholds: { high: 95, low: 85, break: 85 },
  ignorePatterns: ['**/dist', 'docs', 'bench', 'deploy', '.nx'],
};

import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// The boundaries rule reads Nx's cached graph and switches itself off, with exit 0, when there is none: make it first.
process.env.NX_DAEMON ??= 'false';
await createProjectGraphAsync({ exitOnError: true });

const from = (tag, ...to) => ({ sourceTag: `type:${tag}`, onlyDependOnLibsWithTags: to.map((t) => `type:${t}`) });
const pure = 'core/ is pure: pass it in.';
const impureGlobals = ['process', 'fetch', 'crypto', 'performance', 'setTimeout', 'setInterval', 'console'];
const impureSyntax = [
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
  "MemberExpression[object.name='globalThis']",
  'ImportExpression',
];

export default defineConfig(
  { ignores: ['**/dist/**', '.nx/**', '.loyalty/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          // A command loads its libraries when it runs, what it runs imports them: both are meant.
          checkDynamicDependenciesExceptions: ['.*'],
          depConstraints: [
            from('app', 'domain', 'platform', 'contracts', 'bench'),
            from('bench', 'domain', 'platform', 'contracts'),
            from('domain', 'platform', 'contracts'),
            from('platform', 'platform'),
            { ...from('contracts'), allowedExternalImports: ['zod'] },
          ],
        },
      ],
    },
  },
  {
    files: ['libs/contracts/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\./|zod$)', message: 'contracts/ has no I/O.' }] },
      ],
    },
  },
  {
    files: ['libs/domain/*/src/core/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\./|@loyalty/(contracts|kernel)$)', message: pure }] },
      ],
      'no-restricted-globals': ['error', ...impureGlobals.map((name) => ({ name, message: pure }))],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: pure },
        { object: 'Date', property: 'now', message: pure },
      ],
      'no-restricted-syntax': ['error', ...impureSyntax.map((selector) => ({ selector, message: pure }))],
    },
  },
);

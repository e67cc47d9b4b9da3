/**
 * Proves that the boundaries are guarded: lints one forbidden import or call at a time, as if it stood in a real file,
 * and fails where the linter stays silent. The boundaries rule switches itself off without a project graph, exit 0.
 */
import { ESLint } from 'eslint';

const boundaries = '@nx/enforce-module-boundaries';
const files = {
  contracts: 'libs/contracts/src/index.ts',
  core: 'libs/domain/points/src/core/probe.ts',
  domain: 'libs/domain/points/src/index.ts',
  platform: 'libs/platform/kernel/src/index.ts',
  app: 'apps/points-ledger/src/index.ts',
  bench: 'bench/index.ts',
};

const uses = (from: string) => `import * as probe from '${from}';\nexport const used = probe;\n`;
const says = (expression: string) => `export const used = ${expression};\n`;

/** File it is tried in, code, rule that must fire. */
const forbidden: [keyof typeof files, string, string][] = [
  ['domain', uses('@loyalty/tiers'), boundaries],
  ['domain', uses('../../tiers/src/index.ts'), boundaries],
  ['domain', uses('@loyalty/app'), boundaries],
  ['platform', uses('@loyalty/contracts'), boundaries],
  ['platform', uses('@loyalty/points'), boundaries],
  ['bench', uses('@loyalty/app'), boundaries],
  ['contracts', uses('@nestjs/common'), boundaries],
  ['contracts', uses('@loyalty/kernel'), boundaries],
  ['contracts', uses('node:fs'), 'no-restricted-imports'],
  ['core', uses('node:fs'), 'no-restricted-imports'],
  ['core', uses('@nestjs/common'), 'no-restricted-imports'],
  ['core', uses('typeorm'), 'no-restricted-imports'],
  ['core', uses('pg'), 'no-restricted-imports'],
  ['core', "import type { Kafka } from 'kafkajs';\nexport type Used = Kafka;\n", 'no-restricted-imports'],
  ['core', uses('@loyalty/database'), 'no-restricted-imports'],
  ['core', uses('../index.ts'), 'no-restricted-imports'],
  ['core', says('Date.now()'), 'no-restricted-properties'],
  ['core', says('Math.random()'), 'no-restricted-properties'],
  ['core', says('new Date()'), 'no-restricted-syntax'],
  ['core', says('Date()'), 'no-restricted-syntax'],
  ['core', says('globalThis.crypto'), 'no-restricted-syntax'],
  ['core', says("import('./x.ts')"), 'no-restricted-syntax'],
  ['core', says('process.env'), 'no-restricted-globals'],
];

const allowed: [keyof typeof files, string][] = [
  ['domain', uses('@loyalty/kernel')],
  ['domain', uses('@loyalty/contracts')],
  ['app', uses('@loyalty/points')],
  ['contracts', uses('zod')],
  ['core', uses('@loyalty/kernel')],
  ['core', says('new Date(0)')],
];

// Only what needs no types: the probe stands in for files that exist, or in core for one that does not.
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === boundaries || ruleId.startsWith('no-restricted-'),
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

async function rulesFiring(place: keyof typeof files, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: files[place] });
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

const failures: string[] = [];
for (const [place, code, rule] of forbidden) {
  const rules = await rulesFiring(place, code);
  if (!rules.includes(rule)) failures.push(`${files[place]} may not say, but may: ${code}`);
}
for (const [place, code] of allowed) {
  const rules = await rulesFiring(place, code);
  if (rules.length > 0) failures.push(`${files[place]} may say, but ${rules.join(', ')} objects: ${code}`);
}
if (failures.length > 0) {
  process.stderr.write(`${failures.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`${forbidden.length} forbidden and ${allowed.length} allowed probes as expected\n`);
}

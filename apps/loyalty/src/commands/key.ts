import type { ApiKeys } from '@loyalty/service';
import { UsageError, type CommandSpec } from '../command.ts';

const SCOPE = /^(\*|[a-z]+:(\*|[a-z]+))$/;

export const key: CommandSpec = {
  name: 'key',
  description: 'API keys: create, list, revoke',
  commands: [
    {
      name: 'create <name>',
      description: 'make a key and show it once',
      options: [['--scopes <scopes>', 'what it may do, separated by commas', '*']],
      help: 'Scopes: * (everything), points:* (an area), points:read, purchases:write …; each route in /docs names its own.',
      run: async (_, [name = ''], options) => {
        const scopes = String(options['scopes']).split(',');
        const wrong = scopes.find((scope) => !SCOPE.test(scope));
        if (wrong !== undefined) throw new UsageError(`"${wrong}" is no scope: write area:action, area:* or *`);
        const secret = await withKeys((keys) => keys.create(name, scopes));
        return { json: { name, scopes, key: secret }, text: `${secret}\nShown once: only its hash is kept.` };
      },
    },
    {
      name: 'list',
      description: 'names and scopes, never the keys themselves',
      run: async () => {
        const keys = await withKeys((store) => store.list());
        const rows = keys.map(({ name, scopes, created, revoked }) => [name, scopes.join(' '), created, revoked ?? '']);
        const { table } = await import('../table.ts');
        return { json: { keys }, text: table(['name', 'scopes', 'created', 'revoked'], rows) };
      },
    },
    {
      name: 'revoke <name>',
      description: 'end a key; running processes notice within five seconds',
      run: async (_, [name = '']) => {
        const revoked = await withKeys((keys) => keys.revoke(name));
        return {
          ok: revoked,
          json: { name, revoked },
          text: revoked ? `${name} is revoked.` : `There is no key named ${name} in use.`,
        };
      },
    },
  ],
};

async function withKeys<T>(work: (keys: ApiKeys) => Promise<T>): Promise<T> {
  const [{ ApiKeys }, { withDatabase }] = await Promise.all([import('@loyalty/service'), import('../open-ledger.ts')]);
  return withDatabase(async ({ pool }) => {
    const keys = new ApiKeys(pool);
    await keys.install();
    return work(keys);
  });
}

import { createPool } from '@loyalty/database';
import { rebuild } from '../rebuild/rebuild.ts';
import { SHARDS, shop, totals } from './shop.ts';

/** Rebuilds in a process of its own, in tiny ranges, saying each one: somebody is going to kill it. */
const pool = createPool({ url: process.argv[2] as string, max: 6 });
await rebuild({
  pool,
  definition: shop,
  model: totals,
  shards: SHARDS,
  rangeEvents: 50,
  onProgress: ({ done }) => process.stdout.write(`${done}\n`),
});
await pool.end();

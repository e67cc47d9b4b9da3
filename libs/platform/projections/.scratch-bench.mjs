import { createPool } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import { installProjections, rebuild, exactModel } from '@loyalty/projections';
const url = process.argv[2];
const N = Number(process.argv[3] ?? 1000000);
const pool = createPool({ url, max: 10 });
await pool.query('DROP SCHEMA IF EXISTS b CASCADE');
await installEventStore(pool, { schema: 'b', service: 'b', shards: 8 });
await installProjections(pool, 'b');
await pool.query(`CREATE TABLE b.lots (program text, member text, lot text, points bigint, at timestamptz, expires timestamptz, shard smallint, position bigint, PRIMARY KEY (program, member, lot));
CREATE INDEX lots_expires ON b.lots (expires);
CREATE TABLE b.wallets (program text, member text, issued bigint, held bigint, spent bigint, n bigint, PRIMARY KEY (program, member))`);
const lots = exactModel('b', { name: 'lots', subject: 'member', events: ['earned'], sql: `INSERT INTO {table} AS t (program, member, lot, points, at, expires, shard, position)
SELECT d->>'program', subject, d->>'lot', (d->>'points')::bigint, time, (d->>'expiresAt')::timestamptz, shard, position FROM (SELECT shard, position, subject, time, data::jsonb AS d FROM {events} WHERE type='earned' OFFSET 0) p
ON CONFLICT (program, member, lot) DO UPDATE SET points = t.points + excluded.points` });
const wallets = exactModel('b', { name: 'wallets', subject: 'member', events: ['earned','redeemed'], sql: `INSERT INTO {table} AS t (program, member, issued, held, spent, n)
SELECT d->>'program', subject, sum(CASE WHEN p->>'bucket'='issued' THEN (p->>'points')::bigint ELSE 0 END), sum(CASE WHEN p->>'bucket'='held' THEN (p->>'points')::bigint ELSE 0 END), sum(CASE WHEN p->>'bucket'='spent' THEN (p->>'points')::bigint ELSE 0 END), count(*)
FROM (SELECT subject, data::jsonb AS d FROM {events} WHERE type IN ('earned','redeemed') OFFSET 0) x, jsonb_array_elements(d->'postings') p GROUP BY 1, 2
ON CONFLICT (program, member) DO UPDATE SET issued=t.issued+excluded.issued, held=t.held+excluded.held, spent=t.spent+excluded.spent, n=t.n+excluded.n` });
console.time('fill');
await pool.query(`INSERT INTO b.events (shard, position, id, type, subject, time, recorded, data, hash)
SELECT s, p, gen_random_uuid(), 'earned', 'member-'||s||'-'||(power(random(),3)*4000)::int, now() - random()*interval '300 days', now(),
 json_build_object('program','default','at','2026-01-01T00:00:00.000Z','lot','online/'||s||'-'||p,'points',p%500,'activeFrom','2026-01-01T00:00:00.000Z','expiresAt','2027-01-01T00:00:00.000Z','cause',json_build_object('source','online','id',s||'-'||p),'version',repeat('ab',32),'tier','bronze','shortfall','owe','cells',json_build_array(json_build_object('line',1,'rule','base','points',p%500)),'postings', json_build_array(json_build_object('lot','online/'||s||'-'||p,'bucket','issued','points',-(p%500)),json_build_object('lot','online/'||s||'-'||p,'bucket','held','points',p%500)))::text,
 sha256((s||'/'||p)::bytea) FROM generate_series(0,7) s, generate_series(1,$1::int) p`, [N/8]);
await pool.query('UPDATE b.heads SET position=$1', [N/8]);
await pool.query('VACUUM ANALYZE b.events');
console.timeEnd('fill');
for (const m of [lots, wallets]) {
  const sql = m.sql.replaceAll('{events}', 'b.events').replaceAll('{table}', `b.${m.name}`);
  const t0 = performance.now();
  await pool.query(sql);
  const base = (performance.now()-t0)/1000;
  await pool.query(`CREATE TABLE b.x AS SELECT * FROM b.${m.name}; DROP TABLE b.x`);
  for (const range of [50000]) for (const parallel of [2,2]) {
    let phases = {}; let last=performance.now(); let ph='start';
    const tick = (p) => { const n=performance.now(); phases[ph]=(phases[ph]??0)+(n-last)/1000; last=n; ph=p; };
    const r = await rebuild({ pool, definition: { service:'b', schema:'b' }, model: m, shards: 8, rangeEvents: range, parallel, onProgress: p => tick(p.phase) });
    tick('end');
    console.log(m.name, { range, parallel, base: base.toFixed(2), s: r.seconds.toFixed(2), ratio: (base/r.seconds).toFixed(2), pauseMs: r.pauseMs, swapped: r.swapped, different: r.different }, Object.fromEntries(Object.entries(phases).map(([k,v])=>[k,+v.toFixed(2)])));
  }
}
await pool.end();

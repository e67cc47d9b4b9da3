import { SeenIds } from './seen-ids.ts';

describe('ids seen', () => {
  it('are known again, and no others, as their table grows', () => {
    const seen = new SeenIds();
    for (let i = 0; i < 50_000; i++) seen.add(`id-${i}`);
    for (let i = 0; i < 50_000; i++) if (!seen.has(`id-${i}`)) throw new Error(`forgot id-${i}`);
    for (let i = 50_000; i < 150_000; i++) if (seen.has(`id-${i}`)) throw new Error(`never saw id-${i}`);
  });

  it('are forgotten after two generations, and not before one', () => {
    const seen = new SeenIds(1000);
    for (let i = 0; i < 10_500; i++) seen.add(String(i));
    for (let i = 9_500; i < 10_500; i++) expect(seen.has(String(i))).toBe(true);
    expect(seen.has('8000')).toBe(false);
  });
});

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { writeWhole } from './export-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-file-'));
  path = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true }));

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

it.each([false, true])('writes all bytes and says what it wrote (gzip: %s)', async (gzip) => {
  const parts = Array.from({ length: 50 }, (_, i) => Buffer.alloc(40_000, `part ${i} `));
  const written = await writeWhole(path, { gzip }, async (sink) => {
    for (const part of parts) await sink(part);
  });
  const file = await readFile(path);
  expect(written).toEqual({ bytes: file.length, sha256: digest(file) });
  expect(digest(gzip ? gunzipSync(file) : file)).toBe(digest(Buffer.concat(parts)));
  expect(await readdir(folder)).toEqual(['out']);
});

it.each([false, true])('leaves what was there, and nothing else, when it fails half-way (gzip: %s)', async (gzip) => {
  await writeFile(path, 'before');
  const failing = writeWhole(path, { gzip }, async (sink) => {
    await sink(Buffer.alloc(1_000_000, 'x'));
    expect(await readdir(folder)).toHaveLength(2);
    throw new Error('the database went away');
  });
  await expect(failing).rejects.toThrow('the database went away');
  expect(await readdir(folder)).toEqual(['out']);
  expect(await readFile(path, 'utf8')).toBe('before');
});

it('says where it cannot write', async () => {
  const nowhere = join(folder, 'missing', 'out');
  await expect(writeWhole(nowhere, { gzip: false }, () => Promise.resolve())).rejects.toThrow('ENOENT');
});

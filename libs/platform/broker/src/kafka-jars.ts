import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const POM = fileURLToPath(new URL('../kafka-pom.xml', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/loyalty-kafka', import.meta.url));
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const MOST_MS = 300_000;
const run = promisify(execFile);

export const OLDEST_JAVA = 17;

/**
 * The folder with Apache Kafka's jars, fetched by Maven the first time (45 MB) and kept until the pom changes.
 * @throws {Error} with the reason when Java or Maven are missing, too old, or find nothing
 */
export async function kafkaJars(): Promise<string> {
  const pom = await readFile(POM);
  const folder = join(CACHE, createHash('sha256').update(pom).digest('hex').slice(0, 16));
  await assertJava();
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  // Fetched beside and moved in one step: another process may fetch at the same time, or this one be killed half-way.
  const beside = await mkdtemp(join(CACHE, 'fetching-'));
  try {
    await copyFile(POM, join(beside, 'pom.xml'));
    const args = ['-B', '-q', '-f', join(beside, 'pom.xml'), COPY, '-DincludeScope=runtime'];
    await run('mvn', [...args, `-DoutputDirectory=${join(beside, 'libs')}`], { timeout: MOST_MS }).catch(saysWhy);
    await rename(join(beside, 'libs'), folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return folder;
}

async function assertJava(): Promise<void> {
  const { stderr, stdout } = await run('java', ['-version']).catch(() => {
    throw new Error(`no Java ${OLDEST_JAVA} or newer on the path`);
  });
  const major = Number(/version "(\d+)/.exec(stderr + stdout)?.[1]);
  if (!(major >= OLDEST_JAVA)) throw new Error(`Java ${OLDEST_JAVA} or newer is needed, here is ${major}`);
}

function saysWhy(error: NodeJS.ErrnoException & { stdout?: string }): never {
  if (error.code === 'ENOENT') throw new Error('no Maven (mvn) on the path to fetch Kafka with');
  const said = `${error.stdout ?? ''}`.trim().split('\n')[0] || error.message;
  throw new Error(`Maven could not fetch Kafka: ${said}`, { cause: error });
}

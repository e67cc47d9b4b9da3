import { existsSync, linkSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Takes away the `postmaster.pid` of a server that is gone, when its number belongs to somebody else by now or to a zombie: PostgreSQL
 * only asks whether there is such a process, and would refuse to start for ever. After a power cut that is bad luck; in a container,
 * where every start counts from 1 again and a process that nobody reaps stays, it is likely.
 * Its own process is known by its working directory, the data folder. Where there is no /proc, PostgreSQL decides.
 */
export function dropStalePid(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file) || !existsSync('/proc/self/cwd')) return;
  const text = readFileSync(file, 'utf8');
  const owner = `/proc/${Number.parseInt(text, 10)}`;
  if (!existsSync(owner) || !isElsewhere(owner, data)) return;
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
    // Not what was read: somebody dropped that one a moment ago, and this is the new server's.
    if (readFileSync(aside, 'utf8') !== text) linkSync(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  rmSync(aside, { force: true });
}

function isElsewhere(owner: string, data: string): boolean {
  try {
    return readlinkSync(`${owner}/cwd`) !== realpathSync(data);
  } catch (error) {
    // A zombie has no working directory any more. One of another user's processes is none of PostgreSQL's, as it knows itself.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

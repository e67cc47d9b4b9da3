import type { CommandSpec } from '../command.ts';
import { bench } from './bench.ts';
import { checksum } from './checksum.ts';
import { codes } from './codes.ts';
import { deadLetters } from './dead-letters.ts';
import { demo } from './demo.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { key } from './key.ts';
import { parked } from './parked.ts';
import { program } from './program.ts';
import { prove } from './prove.ts';
import { rebuild } from './rebuild.ts';
import { start } from './start.ts';
import { sweep } from './sweep.ts';
import { verify } from './verify.ts';
import { webhooks } from './webhooks.ts';

export const commands: readonly CommandSpec[] = [
  start,
  demo,
  importCommand,
  verify,
  checksum,
  rebuild,
  program,
  codes,
  sweep,
  exportCommand,
  prove,
  parked,
  deadLetters,
  key,
  webhooks,
  bench,
];

import type { CommandSpec } from '../command.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { key } from './key.ts';
import { parked } from './parked.ts';
import { rebuild } from './rebuild.ts';
import { start } from './start.ts';
import { verify } from './verify.ts';

export const commands: readonly CommandSpec[] = [start, importCommand, verify, rebuild, exportCommand, parked, key];

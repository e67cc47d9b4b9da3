import type { CommandSpec } from '../command.ts';
import { key } from './key.ts';
import { start } from './start.ts';

export const commands: readonly CommandSpec[] = [start, key];

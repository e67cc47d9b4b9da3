export { commands } from './commands/index.ts';
export { TITLE } from './open-ledger.ts';
export { parts } from './parts.ts';

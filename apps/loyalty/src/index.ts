export { parts } from './parts.ts';

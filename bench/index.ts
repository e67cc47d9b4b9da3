export { seededRandom, zipf } from './zipf.ts';

import { rewrite } from './rewrite.ts';

/** A consumer that takes what comes, also where positions are missing before it. */
rewrite('event-log/dist/sequence.js', [['event.position > due', 'false']]);

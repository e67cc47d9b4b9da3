import type { OutgoingRecord } from '@loyalty/event-log';
import { withoutPersons } from '../inbound/without-persons.ts';
import type { LetterRow } from './dead-letter.ts';

/**
 * A letter as the topic of dead letters tells it: why, and where the record stands. Not what was sent: of a record that is no document
 * nobody knows what it tells of whom, and a topic forgets nothing, while the table forgets a letter that is settled. No hash of it
 * either: of a short value it can be guessed.
 */
export function letterRecord(letter: LetterRow): OutgoingRecord & { readonly value: null } {
  const key = letter.key?.toString('utf8');
  return {
    key: key === undefined || withoutPersons(key) !== key ? null : letter.key,
    value: null,
    headers: {
      'dead-letter-id': String(letter.id),
      'dead-letter-code': letter.code,
      'dead-letter-pointer': letter.pointer,
      'dead-letter-message': letter.message,
      'dead-letter-topic': letter.topic,
      'dead-letter-topic-id': letter.topic_id,
      'dead-letter-partition': String(letter.partition),
      'dead-letter-offset': String(letter.at_offset),
      'dead-letter-bytes': String(letter.body?.length ?? 0),
    },
  };
}

import { looksPersonal } from '@loyalty/kernel';

/** What a text quotes of a document, or names of it, stands between these. */
const BETWEEN = /(["/]|: )/;
const ADDRESS = /[^\s"/<>]+@[^\s"/<>]+/g;

/** The text with … for what looks like an e-mail address, and for a quotation or a pointer's segment that looks like a telephone number. */
export function withoutPersons(text: string): string {
  const parts = text.split(BETWEEN).map((part) => (looksPersonal(part) ? '…' : part));
  return parts.join('').replace(ADDRESS, '…');
}

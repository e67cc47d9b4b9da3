import { BadInputError } from '@loyalty/service';

/**
 * An id out of a path, where `%00` and the like may stand.
 * @throws {BadInputError} for what no document can be called
 */
export function pathId(name: 'source' | 'id', value: string): string {
  if (!/\p{Cc}/u.test(value) && value.isWellFormed()) return value;
  throw new BadInputError([{ pointer: `/${name}`, in: 'path', message: 'is printable' }]);
}

import { openApiDocument, type Runtime } from '@loyalty/service';
import type { Pages } from '../generate.ts';

/** The HTTP interface of all services together, as `/docs` serves it. */
export async function openapi(app: Runtime['app'], title: string): Promise<Pages> {
  return new Map([['openapi.json', `${JSON.stringify(await openApiDocument(app, title), null, 2)}\n`]]);
}

import type { Request } from 'express';
import type { Language } from './wording.ts';

/** What browsers ask for and what it is answered with; the first one where nothing asked for is here. */
const ASKED: Readonly<Record<string, Language>> = {
  en: 'en',
  'zh-CN': 'zh-CN',
  zh: 'zh-CN',
  'zh-Hans': 'zh-CN',
  'zh-Hans-CN': 'zh-CN',
  'zh-SG': 'zh-CN',
};

/** The language asked for by `lang`, else by the request's Accept-Language, else English. */
export function languageOf(request: Pick<Request, 'acceptsLanguages'>, lang: Language | undefined): Language {
  if (lang !== undefined) return lang;
  const accepted = request.acceptsLanguages(Object.keys(ASKED));
  return (accepted === false ? undefined : ASKED[accepted]) ?? 'en';
}

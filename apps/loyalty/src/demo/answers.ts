import type { PurchaseDocumentInput } from '@loyalty/contracts';
import type { Random } from './random.ts';
import { DAY_MS, instant, OFFSET_MS } from './local-time.ts';
import { VOICES, type Voice } from './voices.ts';

/** An answer to a survey, as the shop's app would send it. */
export interface DemoAnswer {
  readonly answer: string;
  readonly member: string;
  readonly at: string;
  readonly kind: 'nps' | 'csat';
  readonly score: number;
  readonly comment?: string;
  readonly language: Voice['language'];
  readonly channel: string;
  readonly store?: string;
  readonly purchase: { readonly source: string; readonly id: string };
}

/** Who brought something back is harder to please. */
export function answerTo(random: Random, document: PurchaseDocumentInput, days: number, returned: boolean): DemoAnswer {
  const mood = random.weighted<keyof typeof VOICES>([
    ['pleased', returned ? 2 : 6],
    ['neutral', 3],
    ['angry', returned ? 5 : 1],
  ]);
  const kind = random.chance(0.7) ? 'nps' : 'csat';
  const voice: Voice = random.pick<Voice>(VOICES[mood]);
  return {
    answer: `${kind}-${document.source}-${document.id}`,
    member: document.member as string,
    at: instant(Date.parse(document.at) + OFFSET_MS + days * DAY_MS),
    kind,
    score: score(random, kind, mood),
    ...(random.chance(mood === 'angry' ? 0.95 : 0.5) && { comment: voice.comment }),
    language: voice.language,
    channel: random.pick(['app', 'e-mail', 'till']),
    ...(document.store !== undefined && { store: document.store }),
    purchase: { source: document.source, id: document.id },
  };
}

function score(random: Random, kind: 'nps' | 'csat', mood: keyof typeof VOICES): number {
  const ranges = {
    nps: { pleased: [9, 10], neutral: [7, 8], angry: [0, 6] },
    csat: { pleased: [4, 5], neutral: [3, 4], angry: [1, 2] },
  } as const;
  const [from, to] = ranges[kind][mood];
  return random.between(from, to);
}

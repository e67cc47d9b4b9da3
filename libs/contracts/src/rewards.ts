import { z } from 'zod';
import { instant, opaqueId, points } from './scalars.ts';
import { tierCourse } from './tiers.ts';

/** A reward of the catalogue, as the version of a program has it. */
export const rewardTerms = z.object({
  id: opaqueId,
  /** By language. */
  name: z.record(z.string(), z.string()),
  /** What one piece costs. */
  points,
  /** Pieces in all, ever; left out: no end of them. */
  stock: z.int().optional(),
  /** Each piece is a single-use code from those uploaded. */
  codes: z.literal(true).optional(),
  perMember: z.object({ count: z.int(), per: z.enum(['day', 'week', 'month', 'year', 'ever']) }).optional(),
  tiers: z.array(z.string()).optional(),
  from: instant.optional(),
  /** From this instant on it is not to be had any more. */
  until: instant.optional(),
  /** What becomes of the piece when a redemption is undone whole. */
  undone: z.enum(['back', 'gone']),
});

const head = {
  program: opaqueId,
  reward: opaqueId,
  /** Pieces are numbered as they are handed out; of a reward with codes it is the code's place in the pool. */
  piece: z.int().min(1),
};
const held = { ...head, redemption: z.string(), member: opaqueId };

/** A single-use code came into a reward's pool. No code is ever in two places of any pool of its program. */
export const codeAdded = z.object({ ...head, code: z.string() });

/** A piece was set aside for a redemption, which is decided next at the member: taken, or the piece is freed. */
export const rewardHeld = z.object({
  ...held,
  /** What was asked besides, so that whoever finds the piece held can bring the redemption to its end. */
  asked: z.object({
    program: opaqueId.optional(),
    reference: z.string().optional(),
    /** To be reserved, not redeemed; for how long. */
    reserve: z.literal(true).optional(),
    ttl: z.string().optional(),
  }),
});

/** The member reserved points for it: nobody else gets the piece before `until`, from then on it is free again unless it was taken. */
export const rewardReserved = z.object({ ...held, until: instant });

/** The redemption went through: the piece is the member's. */
export const rewardTaken = z.object(held);

/** The redemption was refused: the piece is there for the next one. Nobody saw its code. */
export const rewardFreed = z.object(held);

/** The redemption was undone whole. A code is void from here on; the piece is back in stock where the program says so. */
export const rewardReturned = z.object({ ...held, undo: z.string(), restocked: z.boolean() });

/** The tier steps of a member that the tier engine holds for certain: replaces those from the first step's instant on. */
export const tierLearned = z.object({ program: opaqueId, course: tierCourse });

export type RewardTerms = z.infer<typeof rewardTerms>;
export type CodeAdded = z.infer<typeof codeAdded>;
export type RewardHeld = z.infer<typeof rewardHeld>;
export type RewardReserved = z.infer<typeof rewardReserved>;
export type RewardTaken = z.infer<typeof rewardTaken>;
export type RewardFreed = z.infer<typeof rewardFreed>;
export type RewardReturned = z.infer<typeof rewardReturned>;
export type TierLearned = z.infer<typeof tierLearned>;

/** Events about rewards: of each reward's own subject, but the last, which is of a member. */
export const rewardEvents = {
  'code.added.v1': { schema: codeAdded },
  'reward.held.v1': { schema: rewardHeld },
  'reward.reserved.v1': { schema: rewardReserved },
  'reward.taken.v1': { schema: rewardTaken },
  'reward.freed.v1': { schema: rewardFreed },
  'reward.returned.v1': { schema: rewardReturned },
  'tier.learned.v1': { schema: tierLearned },
} as const;

import { z } from 'zod';

/** A decimal number as text, at most 15 digits before the point; 9 after it, as a quantity (3) times a price (6) has. Never a float. */
export const decimal = z.string().regex(/^-?\d{1,15}(\.\d{1,9})?$/);
/** ISO 8601 in UTC with milliseconds, as events carry instants. */
export const instant = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
/** Whole points; JSON integers are exact up to 2^53 - 1. */
export const points = z.int();
/** An ISO 8601 period after the member's last purchase or redemption, on the calendar of an IANA time zone. */
export const inactivity = z.object({ after: z.string(), timeZone: z.string() });
/** An id that its sender chose: opaque, printable, no spaces at the ends. */
export const opaqueId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\S(.*\S)?$/su);
/** Which document: its id is unique within its source only. */
export const documentRef = z.object({ source: opaqueId, id: opaqueId });

export type DocumentRef = z.infer<typeof documentRef>;

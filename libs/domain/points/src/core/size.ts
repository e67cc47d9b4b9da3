/**
 * What parts of a state take in memory, in bytes, for the writer's bounded cache: measured with Node 24, right to a fifth for
 * states of any shape. Maps weigh most, empty or not.
 */
export const SIZE = {
  shallow: 300,
  full: 600,
  wallet: 1_800,
  lot: 600,
  /** A decision's use of one lot, a return's claim on one, a tier course. */
  use: 240,
  /** What is remembered under a name: a redemption, a reservation. */
  named: 300,
} as const;

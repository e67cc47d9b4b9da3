const MINUTE_MS = 60_000;
const MOST_MEMBERS = 20;
const MOST_SHARE = 0.01;
/** Of fewer events in the minute one alone would be more than a hundredth, and a quiet shard could never park at all. */
const SHARE_COUNTS_FROM = 1_000;

/** Decides whether one more member may be parked, or whether so many are that it must be the code: a bad deploy must not park everyone. */
export class ParkingRate {
  private parked: number[] = [];
  private handled: { at: number; events: number }[] = [];

  saw(events: number, now: number): void {
    this.handled = this.handled.filter(({ at }) => at > now - MINUTE_MS);
    const last = this.handled[this.handled.length - 1];
    // Second by second: at most 61 entries, however many batches.
    if (last !== undefined && now - last.at < 1_000) last.events += events;
    else this.handled.push({ at: now, events });
  }

  /** Takes note of one more parked member; gives the reason to stop where that is too many. */
  park(now: number): string | null {
    this.parked = [...this.parked.filter((at) => at > now - MINUTE_MS), now];
    const members = this.parked.length;
    if (members > MOST_MEMBERS) return `more than ${MOST_MEMBERS} members failed within a minute`;
    const events = this.handled.reduce((sum, each) => sum + (each.at > now - MINUTE_MS ? each.events : 0), 0);
    if (events >= SHARE_COUNTS_FROM && members > events * MOST_SHARE) {
      return `${members} members failed within a minute, more than 1 % of its ${events} events`;
    }
    return null;
  }
}

import { addPeriod, leavesWindow, type EpochMs, type Period } from '@loyalty/kernel';
import type { Micros } from './micros.ts';
import type { ProgramVersion, Tier } from './program.ts';
import { withStep, type Course } from './tier-course.ts';

/** A tier as held: which one, by which version, and how long it is safe. Never changed in place. */
export interface Hold {
  /** Index into the program's versions. */
  readonly version: number;
  /** Rank in that version's ladder, 0 = lowest. */
  readonly tier: number;
  readonly keepUntil: EpochMs;
  /** When the running grace ends; null = none runs. */
  readonly graceEnd: EpochMs | null;
}

/** A tier brought along: held from `since`, safe until `keepUntil`, never lowering a better one. */
export interface Opening {
  readonly tier: string;
  readonly keepUntil: EpochMs;
}

const NEVER = Number.POSITIVE_INFINITY;
const DAY_MS = 86_400_000;

/**
 * One member's tiers in one program as time goes by: purchases and openings are added in fact order, everything in between
 * (grace, downgrades, new versions) follows from them. A return takes amounts out of the past and works the rest out again.
 */
export class TierTimeline {
  hold: Hold | null = null;
  course: Course = [];
  /** When the first fact enrolled the member. */
  private enrolled: EpochMs | null = null;
  /** By item (purchase or opening) in fact order. */
  private readonly times: EpochMs[] = [];
  private readonly net: Micros[] = [];
  /** Sum of the first n net amounts; one entry more than items. */
  private readonly sums: Micros[] = [0n];
  /** The hold right before an item, with today's knowledge of returns. */
  private readonly before: (Hold | null)[] = [];
  private openings: Map<number, Opening> | null = null;
  /** Without what only returns need. */
  private light = false;
  /** Items before it have left the window. */
  private head = 0;

  private readonly versions: readonly ProgramVersion[];

  constructor(versions: readonly ProgramVersion[]) {
    this.versions = versions;
  }

  get size(): number {
    return this.times.length;
  }

  /** Brings the timeline to an instant; the first call enrols the member. Returns the tier's rank there, null without a version. */
  advance(until: EpochMs): number | null {
    if (this.enrolled === null) this.enrol(until);
    for (;;) {
      const version = this.nextVersion();
      const ending = this.ending();
      const at = Math.min(version, ending);
      if (at > until || at === NEVER) return this.hold && this.hold.tier;
      if (version <= ending) this.beginVersion(version);
      else this.endTier(ending);
    }
  }

  /** A purchase at an instant already advanced to. Its eligible amount may lift the tier from this instant on. */
  addPurchase(at: EpochMs, eligible: Micros): void {
    if (this.light && this.head > 64 && this.head > this.times.length / 2) this.dropLeft();
    this.addItem(at, eligible);
    this.qualify(at);
  }

  open(at: EpochMs, opening: Opening): void {
    (this.openings ??= new Map()).set(this.times.length, opening);
    this.addItem(at, 0n);
    this.applyOpening(at, opening);
  }

  /**
   * Takes amounts out of earlier items, by index. From `at` on the tier is what it would be had they never counted;
   * the course before `at` stands.
   */
  takeBack(at: EpochMs, amounts: ReadonlyMap<number, Micros>): void {
    let first = this.times.length;
    for (const [item, amount] of amounts) {
      this.net[item] = (this.net[item] as Micros) - amount;
      if (amount !== 0n && item < first) first = item;
    }
    if (first === this.times.length) return;
    const course = this.course;
    this.replay(first);
    this.advance(at);
    this.course = course;
    this.step(at);
  }

  /** The steps that are certain if nothing else happens. Leaves the timeline as it is. */
  certainCourse(): Course {
    if (this.enrolled === null) return this.course;
    const { hold, course, head } = this;
    this.advance(NEVER);
    const certain = this.course;
    Object.assign(this, { hold, course, head });
    return certain;
  }

  /** A purchase yet to be added: the tier it is rated at and the certain course after it. Leaves the timeline as it is. */
  preview(at: EpochMs, eligible: Micros): { tier: number | null; course: Course } {
    const { hold, course, head, enrolled } = this;
    const tier = this.advance(at);
    this.addItem(at, eligible);
    this.qualify(at);
    this.advance(NEVER);
    const certain = this.course;
    this.times.pop();
    this.sums.pop();
    if (!this.light) {
      this.net.pop();
      this.before.pop();
    }
    Object.assign(this, { hold, course, head, enrolled });
    return { tier, course: certain };
  }

  /**
   * Keeps only what purchases still to come can need: the window. Where a version to come looks further back, everything stays.
   * Afterwards `takeBack` is out of the question.
   */
  forgetPast(): void {
    const first = this.versions[0];
    if (this.versions.some((version) => !sameWindow(first as ProgramVersion, version))) return;
    this.dropLeft();
    this.light = true;
    this.net.length = 0;
    this.before.length = 0;
    this.openings = null;
  }

  /** Drops items that have left the window. */
  private dropLeft(): void {
    this.times.splice(0, this.head);
    this.sums.splice(0, this.head);
    this.head = 0;
  }

  /** The certain course after `takeBack`. Leaves the timeline as it is. */
  previewTakeBack(at: EpochMs, amounts: ReadonlyMap<number, Micros>): Course {
    const { hold, course, head, enrolled } = this;
    const first = Math.min(this.times.length, ...amounts.keys());
    const [net, sums, before] = [this.net.slice(first), this.sums.slice(first), this.before.slice(first)];
    this.advance(at);
    this.takeBack(at, amounts);
    this.advance(NEVER);
    const certain = this.course;
    restore(this.net, first, net);
    restore(this.sums, first, sums);
    restore(this.before, first, before);
    Object.assign(this, { hold, course, head, enrolled });
    return certain;
  }

  private enrol(at: EpochMs): void {
    this.enrolled = at;
    const version = this.versions.findLastIndex((candidate) => candidate.effectiveFrom <= at);
    if (version < 0) return;
    this.hold = { version, tier: 0, keepUntil: -NEVER, graceEnd: null };
    this.step(at);
  }

  private addItem(at: EpochMs, net: Micros): void {
    if (!this.light) {
      this.before.push(this.hold);
      this.net.push(net);
    }
    this.times.push(at);
    this.sums.push((this.sums[this.sums.length - 1] as Micros) + net);
  }

  private replay(first: number): void {
    const items = this.times.splice(first);
    const nets = this.net.splice(first);
    this.sums.length = first + 1;
    this.hold = this.before[first] as Hold | null;
    this.before.length = first;
    this.head = 0;
    for (let i = 0; i < items.length; i++) {
      const at = items[i] as EpochMs;
      this.advance(at);
      const opening = this.openings?.get(first + i);
      this.addItem(at, nets[i] as Micros);
      if (opening) this.applyOpening(at, opening);
      else this.qualify(at);
    }
  }

  private nextVersion(): EpochMs {
    const next = this.versions[this.hold ? this.hold.version + 1 : 0];
    return next ? next.effectiveFrom : NEVER;
  }

  private beginVersion(at: EpochMs): void {
    const old = this.hold;
    const version = old ? old.version + 1 : 0;
    const before = old && (this.versions[old.version] as ProgramVersion);
    const rules = this.versions[version] as ProgramVersion;
    if (!before || !sameWindow(before, rules)) this.head = 0;
    const qualified = this.qualifiedTier(rules, at);
    if (!old || !before) {
      this.hold = {
        version,
        tier: qualified,
        keepUntil: qualified > 0 ? addPeriod(rules.zone, at, rules.tiers.keepFor) : -NEVER,
        graceEnd: null,
      };
    } else {
      const tier = rules.tiers.ladder.findIndex((step) => step.id === (before.tiers.ladder[old.tier] as Tier).id);
      if (qualified > tier) {
        this.hold = {
          version,
          tier: qualified,
          keepUntil: addPeriod(rules.zone, at, rules.tiers.keepFor),
          graceEnd: null,
        };
      } else {
        this.hold = { version, tier, keepUntil: old.keepUntil, graceEnd: qualified === tier ? null : old.graceEnd };
      }
    }
    this.step(at);
  }

  /** When the running tier next comes into doubt or ends. */
  private ending(): EpochMs {
    const hold = this.hold;
    if (!hold || hold.tier === 0) return NEVER;
    return hold.graceEnd ?? this.failing(hold);
  }

  /** The first instant at which neither keepFor nor the window holds the tier. */
  private failing(hold: Hold): EpochMs {
    const version = this.versions[hold.version] as ProgramVersion;
    const need = (version.tiers.ladder[hold.tier] as Tier).from;
    const unmet = (this.sums[this.sums.length - 1] as Micros) - need;
    const from = Math.max(hold.keepUntil, version.effectiveFrom);
    if (unmet < (this.sums[0] as Micros)) return from;
    // The item with whose leaving the rest of the window falls below the line.
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sums[middle + 1] as Micros) > unmet) high = middle;
      else low = middle + 1;
    }
    return Math.max(from, leavesWindow(version.zone, this.times[low] as EpochMs, version.tiers.window));
  }

  /** Starts the grace at `at`, or ends it: the tier goes down. */
  private endTier(at: EpochMs): void {
    const hold = this.hold as Hold;
    const version = this.versions[hold.version] as ProgramVersion;
    const { grace, keepFor, downgrade } = version.tiers;
    if (hold.graceEnd === null) {
      this.hold = { ...hold, graceEnd: addPeriod(version.zone, at, grace) };
      return;
    }
    if (downgrade === 'oneStep') {
      this.hold = { ...hold, tier: hold.tier - 1, keepUntil: addPeriod(version.zone, at, keepFor), graceEnd: null };
    } else {
      const tier = Math.min(this.qualifiedTier(version, at), hold.tier - 1);
      this.hold = { ...hold, tier, keepUntil: at, graceEnd: null };
    }
    this.step(at);
  }

  /** Lifts the tier to what the window gives, or ends a running grace if its line is met again. */
  private qualify(at: EpochMs): void {
    const hold = this.hold;
    if (!hold) return;
    const version = this.versions[hold.version] as ProgramVersion;
    const qualified = this.qualifiedTier(version, at);
    if (qualified > hold.tier) {
      this.hold = {
        ...hold,
        tier: qualified,
        keepUntil: addPeriod(version.zone, at, version.tiers.keepFor),
        graceEnd: null,
      };
      this.step(at);
    } else if (hold.graceEnd !== null && qualified === hold.tier) {
      this.hold = { ...hold, graceEnd: null };
    }
  }

  private applyOpening(at: EpochMs, { tier: id, keepUntil }: Opening): void {
    const hold = this.hold;
    if (!hold) return;
    const tier = (this.versions[hold.version] as ProgramVersion).tiers.ladder.findIndex((step) => step.id === id);
    if (tier < hold.tier) return;
    this.hold = {
      ...hold,
      tier,
      keepUntil: tier === hold.tier ? Math.max(hold.keepUntil, keepUntil) : keepUntil,
      graceEnd: null,
    };
    this.step(at);
  }

  /** The highest tier whose line the window's sum at `at` meets. */
  private qualifiedTier(version: ProgramVersion, at: EpochMs): number {
    const { ladder, window } = version.tiers;
    while (this.head < this.times.length && hasLeft(version, this.times[this.head] as EpochMs, at, window)) this.head++;
    const spent = (this.sums[this.sums.length - 1] as Micros) - (this.sums[this.head] as Micros);
    let tier = ladder.length - 1;
    while (tier > 0 && spent < (ladder[tier] as Tier).from) tier--;
    return tier;
  }

  private step(at: EpochMs): void {
    const hold = this.hold;
    const tier = hold ? ((this.versions[hold.version] as ProgramVersion).tiers.ladder[hold.tier] as Tier).id : null;
    this.course = withStep(this.course, tier, at);
  }
}

/** Puts a column's end back. Not by spreading: a busy member has more items than a call takes arguments. */
function restore<Value>(column: Value[], first: number, end: readonly Value[]): void {
  column.length = first;
  for (const value of end) column.push(value);
}

/** Whether an item has left the window at `at`; asks the calendar only where the length in days cannot tell. */
function hasLeft(version: ProgramVersion, item: EpochMs, at: EpochMs, window: Period): boolean {
  const age = at - item;
  const days = window.months * 30.4375 + window.days;
  if (age < (days - 4) * DAY_MS) return false;
  if (age > (days + 5) * DAY_MS + window.ms) return true;
  return leavesWindow(version.zone, item, window) <= at;
}

function sameWindow(a: ProgramVersion, b: ProgramVersion): boolean {
  const [x, y] = [a.tiers.window, b.tiers.window];
  return a.zone.id === b.zone.id && x.months === y.months && x.days === y.days && x.ms === y.ms;
}

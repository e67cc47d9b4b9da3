import type { EpochMs } from '@loyalty/kernel';
import {
  afterGrace,
  afterOpening,
  afterQualifying,
  intoGrace,
  qualifiedBy,
  reached,
  tierOf,
  underNewVersion,
  type Hold,
  type Opening,
} from './hold.ts';
import type { Micros } from './micros.ts';
import type { ProgramVersion } from './program.ts';
import { sameWindow, SpendWindow, type FrozenWindow } from './spend-window.ts';
import { withStep, type Course } from './tier-course.ts';

const NEVER = Number.POSITIVE_INFINITY;
const DROP_FROM = 64;

/** A timeline that has forgotten its past, as it is kept aside. */
export interface FrozenTimeline {
  readonly course: Course;
  readonly hold: Hold | null;
  readonly enrolled: EpochMs | null;
  readonly window: FrozenWindow;
}

/**
 * One member's tiers in one program as time goes by: purchases and openings are added in fact order, everything in between
 * (grace, downgrades, new versions) follows from them. A return takes amounts out of the past and works the rest out again.
 */
export class TierTimeline {
  course: Course = [];
  private hold: Hold | null = null;
  /** When the first fact enrolled the member. */
  private enrolled: EpochMs | null = null;
  private window = new SpendWindow();
  /** The hold right before an item, with today's knowledge of returns. */
  private readonly before: (Hold | null)[] = [];
  /** Items that are openings. */
  private openings: Map<number, Opening> | null = null;
  /** Without what only returns need. */
  private light = false;
  private readonly versions: readonly ProgramVersion[];

  constructor(versions: readonly ProgramVersion[]) {
    this.versions = versions;
  }

  /** Items: purchases and openings. */
  get size(): number {
    return this.window.size;
  }

  /** Rough bytes. */
  get bytes(): number {
    return this.window.bytes + this.before.length * 8;
  }

  /** Brings the timeline to an instant; the first call enrols the member. Returns the tier's rank there, null without a version. */
  advance(until: EpochMs): number | null {
    if (this.enrolled === null) this.enrol(until);
    for (;;) {
      const version = this.versions[this.hold ? this.hold.version + 1 : 0]?.effectiveFrom ?? NEVER;
      // Nothing ends while a tier is safe: when the window would fall below its line need not be worked out, for every purchase.
      if (version > until && this.hold?.graceEnd === null && this.hold.keepUntil > until) return this.hold.tier;
      const ending = this.ending();
      const at = Math.min(version, ending);
      if (at > until || at === NEVER) return this.hold && this.hold.tier;
      if (version <= ending) this.beginVersion(version);
      else this.endTier(ending);
    }
  }

  /** A purchase at an instant already advanced to. Its eligible amount may lift the tier from this instant on. */
  addPurchase(at: EpochMs, eligible: Micros): void {
    if (this.light && this.window.head > DROP_FROM && this.window.head > this.window.size / 2) this.window.drop();
    this.add(at, eligible);
  }

  open(at: EpochMs, opening: Opening): void {
    (this.openings ??= new Map()).set(this.size, opening);
    this.add(at, 0n, opening);
  }

  /**
   * Takes amounts out of earlier items, by index, at an instant already advanced to. From then on the tier is what it would be
   * had they never counted; the course before stands.
   */
  takeBack(at: EpochMs, amounts: ReadonlyMap<number, Micros>): void {
    const first = Math.min(this.size, ...amounts.keys());
    if (first === this.size) return;
    const { course, window, before } = this;
    const { times, amounts: net } = window.cut(first);
    for (const [item, amount] of amounts) net[item - first] = (net[item - first] as Micros) - amount;
    this.hold = before[first] as Hold | null;
    before.length = first;
    window.rewind();
    for (let i = 0; i < times.length; i++) {
      this.advance(times[i] as EpochMs);
      this.add(times[i] as EpochMs, net[i] as Micros, this.openings?.get(first + i));
    }
    this.advance(at);
    this.course = course;
    this.step(at);
  }

  /** The steps that are certain if nothing else happens. Leaves the timeline as it is. */
  certainCourse(): Course {
    return this.enrolled === null ? this.course : this.undone(() => this.toTheEnd());
  }

  /** A purchase yet to be added: the tier it is rated at and the certain course after it. Leaves the timeline as it is. */
  preview(at: EpochMs, eligible: Micros): { tier: number | null; course: Course } {
    return this.undone(() => {
      const tier = this.advance(at);
      this.add(at, eligible);
      const course = this.toTheEnd();
      this.window.removeLast();
      if (!this.light) this.before.pop();
      return { tier, course };
    });
  }

  /** The certain course after `takeBack`. Leaves the timeline as it is. */
  previewTakeBack(at: EpochMs, amounts: ReadonlyMap<number, Micros>): Course {
    const first = Math.min(this.size, ...amounts.keys());
    const { window, before } = this;
    const holds = before.slice(first);
    const end = window.cut(first);
    window.restore(end);
    return this.undone(() => {
      this.advance(at);
      this.takeBack(at, amounts);
      const course = this.toTheEnd();
      window.restore(end);
      before.length = first;
      for (const hold of holds) before.push(hold);
      return course;
    });
  }

  /**
   * Keeps only what purchases still to come can need: the window. Where a version looks further back than another, everything
   * stays. Afterwards `takeBack` is out of the question.
   */
  forgetPast(): void {
    const first = this.versions[0];
    if (this.versions.some((version) => !sameWindow(first as ProgramVersion, version))) return;
    this.window.drop();
    this.light = true;
    this.before.length = 0;
    this.openings = null;
  }

  /** Undefined for one that knows its past. */
  freeze(): FrozenTimeline | undefined {
    const { course, hold, enrolled, window, light } = this;
    return light ? { course, hold, enrolled, window: window.freeze() } : undefined;
  }

  /** @param versions those under which it was frozen */
  static thaw({ course, hold, enrolled, window }: FrozenTimeline, versions: readonly ProgramVersion[]): TierTimeline {
    const timeline = new TierTimeline(versions);
    Object.assign(timeline, { course, hold, enrolled, light: true, window: SpendWindow.thaw(window) });
    return timeline;
  }

  /** Does something and puts everything back but the items, which it must see to itself. */
  private undone<Result>(action: () => Result): Result {
    const { hold, course, enrolled, window } = this;
    const { head } = window;
    const result = action();
    this.hold = hold;
    this.course = course;
    this.enrolled = enrolled;
    window.head = head;
    return result;
  }

  private toTheEnd(): Course {
    this.advance(NEVER);
    return this.course;
  }

  private enrol(at: EpochMs): void {
    this.enrolled = at;
    const version = this.versions.findLastIndex((candidate) => candidate.effectiveFrom <= at);
    if (version < 0) return;
    this.hold = reached(this.versions[version] as ProgramVersion, version, 0, at);
    this.step(at);
  }

  private add(at: EpochMs, amount: Micros, opening?: Opening): void {
    if (!this.light) this.before.push(this.hold);
    this.window.add(at, amount);
    const { hold } = this;
    if (!hold) return;
    const rules = this.versions[hold.version] as ProgramVersion;
    this.hold = opening
      ? afterOpening(hold, rules, opening)
      : afterQualifying(hold, rules, qualifiedBy(rules, this.window.spent(rules, at)), at);
    if (this.hold.tier !== hold.tier) this.step(at);
  }

  private beginVersion(at: EpochMs): void {
    const { hold, window } = this;
    const old = hold && (this.versions[hold.version] as ProgramVersion);
    const rules = this.versions[hold ? hold.version + 1 : 0] as ProgramVersion;
    if (!old || !sameWindow(old, rules)) window.rewind();
    const qualified = qualifiedBy(rules, window.spent(rules, at));
    this.hold = hold && old ? underNewVersion(hold, old, rules, qualified, at) : reached(rules, 0, qualified, at);
    this.step(at);
  }

  /** When the running tier next comes into doubt or ends. */
  private ending(): EpochMs {
    const { hold } = this;
    if (!hold || hold.tier === 0) return NEVER;
    if (hold.graceEnd !== null) return hold.graceEnd;
    const rules = this.versions[hold.version] as ProgramVersion;
    const unmet = this.window.fallsBelow(rules, tierOf(rules, hold.tier).from) ?? -NEVER;
    return Math.max(hold.keepUntil, rules.effectiveFrom, unmet);
  }

  private endTier(at: EpochMs): void {
    const hold = this.hold as Hold;
    const rules = this.versions[hold.version] as ProgramVersion;
    if (hold.graceEnd === null) {
      this.hold = intoGrace(hold, rules, at);
      return;
    }
    this.hold = afterGrace(hold, rules, qualifiedBy(rules, this.window.spent(rules, at)), at);
    this.step(at);
  }

  private step(at: EpochMs): void {
    const { hold } = this;
    this.course = withStep(
      this.course,
      hold && tierOf(this.versions[hold.version] as ProgramVersion, hold.tier).id,
      at,
    );
  }
}

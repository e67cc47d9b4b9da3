import { CheckpointMovedError, PoisonError, StoreUnavailableError } from '@loyalty/event-store';
import { faultOf, reasonOf } from './faults.ts';
import { backOffMs } from './pacing.ts';

const coded = (code: string) => Object.assign(new Error('no'), { code });

describe('faultOf', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', '08006', '40001', '40P01', '53100', '53300', '55P03', '57P01', '58030'])(
    'waits for %s to go away',
    (code) => {
      expect(faultOf(coded(code))).toBe('transient');
    },
  );

  it.each(['22P02', '23505', '42P01', 'ERR_ASSERTION'])('takes %s for the event’s or our own fault', (code) => {
    expect(faultOf(coded(code))).toBe('poison');
  });

  it('knows the writer’s faults, and looks for the cause', () => {
    expect(faultOf(new CheckpointMovedError('x', 3))).toBe('moved');
    expect(faultOf(new StoreUnavailableError('x'))).toBe('transient');
    expect(faultOf(new PoisonError(3, coded('40001')))).toBe('poison');
    expect(faultOf(new Error('outer', { cause: coded('57P01') }))).toBe('transient');
    expect(faultOf(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]))).toBe('transient');
    expect(faultOf('thrown text')).toBe('poison');
  });

  it('gives one line as the reason', () => {
    expect(reasonOf(new TypeError('a\n  b'))).toBe('TypeError: a b');
  });
});

describe('backOffMs', () => {
  it('doubles up to the most, half of it by chance', () => {
    expect([1, 2, 3, 9, 500].map((attempt) => backOffMs(attempt, 0, 50, 1_000))).toEqual([25, 50, 100, 500, 500]);
    expect(backOffMs(1, 0.999, 50, 1_000)).toBeCloseTo(50, 0);
  });
});

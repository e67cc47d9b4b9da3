import { NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import { problemOf } from './problem-of.ts';

const failing = (fields: object, message = 'secret'): Error => Object.assign(new Error(message), fields);

describe('what a caller may know of a failure', () => {
  it.each([
    [failing({ name: 'QueueFullError', retryAfterSeconds: 2 }), 'queue_full', 2],
    [failing({ name: 'StoreUnavailableError', retryAfterSeconds: 5 }), 'database_unavailable', 5],
    [failing({ code: 'ECONNREFUSED' }), 'database_unavailable', 1],
    [failing({ code: '57P01' }), 'database_unavailable', 1],
    [failing({ code: '53100' }), 'disk_full', 1],
    [failing({}, 'Connection terminated unexpectedly'), 'database_unavailable', 1],
  ])('is to try again later: %s', (error, code, seconds) => {
    const { problem, retryAfter_s } = problemOf(error, 'r-1');
    expect(problem).toMatchObject({ status: 503, code, request: 'r-1' });
    expect(retryAfter_s).toBe(seconds);
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it.each([
    failing({ code: '23505' }),
    failing({ code: 'ENOENT' }),
    new ServiceUnavailableException('secret'),
    'secret',
  ])('is nothing but an internal error: %s', (error) => {
    const { problem } = problemOf(error);
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('is what was wrong with the request', () => {
    expect(problemOf(new NotFoundException('Cannot GET /x')).problem).toMatchObject({ status: 404, code: 'not_found' });
  });
});

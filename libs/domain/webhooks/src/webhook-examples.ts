/** What the API answers, for its description. */
export const webhookExample = {
  id: 'crm',
  url: 'https://crm.example.com/hooks/loyalty',
  types: ['points.*', 'tier.changed.v1'],
  description: 'Points on the customer’s page',
  enabled: true,
  createdAt: '2026-06-01T08:00:00.000Z',
  failures: 0,
  deliveredAt: '2026-06-06T02:15:01.120Z',
  behind: false,
};

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

export const createdExample = { ...webhookExample, secret };
export const rotatedExample = { secret };
export const replayExample = { places: [{ source: 'points', shard: 3, position: '1204' }] };

const event = {
  event: '019e9a3c-5f0b-7c4e-9d55-6c1f0c8f3a10',
  type: 'points.earned.v1',
  subject: 'm-1001',
  source: 'points',
  shard: 3,
  position: '1205',
};

export const deliveriesExample = {
  items: [
    { at: '2026-06-06T02:15:06.020Z', ...event, outcome: 'delivered', attempt: 2, status: 204, durationMs: 41 },
    {
      at: '2026-06-06T02:15:01.020Z',
      ...event,
      outcome: 'failed',
      attempt: 1,
      status: 502,
      reason: 'answered 502',
      durationMs: 1204,
    },
  ],
  next: null,
};

/** What the API answers, for its description. A test asks for the same and compares. */
export const createdExample = {
  id: 'crm',
  url: 'https://crm.example.com/hooks/loyalty',
  types: ['points.*'],
  description: 'Points on the customer’s page',
  enabled: true,
  createdAt: '2026-11-22T09:50:34.627Z',
  failures: 0,
  behind: false,
  secret: 'whsec_cKv2bPFha9zVGBlvSUnqq3Pfe3kEt5FC1boJ/mK5/Ag=',
};

export const knownExample = {
  id: 'crm',
  url: 'https://crm.example.com/hooks/loyalty',
  types: ['points.*'],
  description: 'Points on the customer’s page',
  enabled: true,
  createdAt: '2026-11-22T09:50:34.627Z',
  failures: 0,
  behind: false,
};

export const webhookExample = {
  id: 'crm',
  url: 'https://crm.example.com/hooks/loyalty',
  types: ['points.*', 'tier.changed.v1'],
  description: 'Points and tiers on the customer’s page',
  enabled: true,
  createdAt: '2026-11-22T09:50:34.627Z',
  failures: 0,
  deliveredAt: '2026-11-22T09:51:04.770Z',
  behind: false,
};

export const changedExample = {
  id: 'crm',
  url: 'https://crm.example.com/hooks/loyalty',
  types: ['points.*', 'tier.changed.v1'],
  description: 'Points and tiers on the customer’s page',
  enabled: true,
  createdAt: '2026-11-22T09:50:34.627Z',
  failures: 0,
  behind: false,
};

export const rotatedExample = { secret: 'whsec_OfVta+Wj54yjht09XnyXTjrmn7RymKOptObIRh6QMgE=' };

export const replayExample = { places: [{ source: 'points', shard: 6, position: '0' }] };

export const deliveriesExample = {
  items: [
    {
      at: '2026-11-22T09:51:04.770Z',
      event: '01a202aa-24bd-70e3-a85f-308b7c6c0d4b',
      type: 'points.adjusted.v1',
      subject: 'm-1001',
      source: 'points',
      shard: 6,
      position: '9',
      outcome: 'delivered',
      attempt: 1,
      status: 204,
      durationMs: 4,
    },
    {
      at: '2026-11-22T09:50:34.655Z',
      event: '01a202aa-2499-728d-a762-316d17c50bc6',
      type: 'webhook.ping',
      subject: 'crm',
      source: 'webhooks',
      outcome: 'delivered',
      attempt: 1,
      status: 204,
      durationMs: 4,
    },
  ],
  next: null,
};

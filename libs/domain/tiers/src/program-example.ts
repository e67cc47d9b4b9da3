/** A small program, for the API's description. */
export const programExample = `program: harbour-club
effectiveFrom: 2026-01-01T00:00:00+08:00
timeZone: Asia/Shanghai
currency: CNY
sources: [store-7]

points:
  name: { en: points, zh-CN: 积分 }
  expiry: never
  value: '0.01'

tiers:
  window: { rolling: P12M }
  keepFor: P12M
  ladder:
    - { id: bronze, name: { en: Bronze, zh-CN: 青铜 }, from: 0 }
    - { id: silver, name: { en: Silver, zh-CN: 白银 }, from: 2000 }

earning:
  - id: base
    award: { points: 1, per: '1.00' }
  - id: tier-bonus
    award: { multiply: base, by: { bronze: 0, silver: 0.25 } }

adjustments: { approvalAbove: 1000 }

rewards:
  - { id: voucher-20, name: { en: 20 off, zh-CN: 20元券 }, points: 2000, codes: pool }
`;

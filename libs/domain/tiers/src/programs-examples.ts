/** What the API answers, for its description. A test asks for the same and compares. */
export const publishedExample = {
  program: 'harbour-club',
  version: 'ff5e5aebc277b1dcafb90e356555aef36d54e9eb5e9570f99f15556618645615',
  effectiveFrom: '2025-12-31T16:00:00.000Z',
};

export const programsExample = {
  items: [
    {
      program: 'harbour-club',
      version: 'ff5e5aebc277b1dcafb90e356555aef36d54e9eb5e9570f99f15556618645615',
      effectiveFrom: '2025-12-31T16:00:00.000Z',
      inForce: true,
      default: false,
      sources: ['store-7'],
      timeZone: 'Asia/Shanghai',
      currency: 'CNY',
      points: { en: 'points', 'zh-CN': '积分' },
      tiers: [
        { id: 'bronze', name: { en: 'Bronze', 'zh-CN': '青铜' }, benefits: [] },
        { id: 'silver', name: { en: 'Silver', 'zh-CN': '白银' }, benefits: [] },
      ],
      rules: ['base', 'tier-bonus'],
    },
    {
      program: 'online-retail',
      version: '58b1686176044e0e2d46920dbcfc436b6084bef6d2a30d463954332f90281931',
      effectiveFrom: '2000-01-01T00:00:00.000Z',
      inForce: true,
      default: false,
      sources: ['online-retail'],
      timeZone: 'Europe/London',
      currency: 'GBP',
      points: { en: 'points', 'zh-CN': '积分' },
      tiers: [
        { id: 'bronze', name: { en: 'Bronze', 'zh-CN': '青铜' }, benefits: [] },
        { id: 'silver', name: { en: 'Silver', 'zh-CN': '白银' }, benefits: [] },
        { id: 'gold', name: { en: 'Gold', 'zh-CN': '黄金' }, benefits: [] },
        { id: 'platinum', name: { en: 'Platinum', 'zh-CN': '铂金' }, benefits: [] },
      ],
      rules: ['base', 'tier-bonus'],
    },
    {
      program: 'standard',
      version: 'e40e202a273c577d7486848ca8790489ee053322e3b9b439b0092e5ce939e8e6',
      effectiveFrom: '1999-12-31T16:00:00.000Z',
      inForce: true,
      default: true,
      sources: [],
      timeZone: 'Asia/Shanghai',
      currency: 'CNY',
      points: { en: 'points', 'zh-CN': '积分' },
      tiers: [
        { id: 'bronze', name: { en: 'Bronze', 'zh-CN': '青铜' }, benefits: [] },
        { id: 'silver', name: { en: 'Silver', 'zh-CN': '白银' }, benefits: ['free-delivery'] },
        { id: 'gold', name: { en: 'Gold', 'zh-CN': '黄金' }, benefits: ['free-delivery', 'birthday-gift'] },
        {
          id: 'platinum',
          name: { en: 'Platinum', 'zh-CN': '铂金' },
          benefits: ['free-delivery', 'birthday-gift', 'concierge'],
        },
      ],
      rules: ['base', 'tier-bonus'],
    },
  ],
};

/** What an operator's discard looks like, in the log of any service that follows another. */
export const reactionExamples = {
  'reaction.discarded.v1': {
    consumer: 'points',
    source: 'tiers',
    shard: 3,
    position: 4711,
    event: '0199f3c1-5b7a-7c3e-9d52-0c6f5a1e8b44',
    type: 'purchase.rated.v1',
    subject: 'm-1001',
    failure: 'a purchase cannot be worth -1 points',
    reason: 'written by a broken release, rated again since',
    by: 'operator-2',
  },
};

import type { Refusal } from '@loyalty/kernel';

/** Every refusal, to the letter: tills show some of them, and integrators search for all of them. */
export const REFUSALS: Readonly<Record<string, Refusal>> = {
  'no number of points to redeem': {
    code: 'invalid_points',
    message: 'Points are whole numbers from 1 to 9007199254740991.',
    pointer: '/points',
  },
  'fewer than the program says': {
    code: 'below_minimum',
    message: 'A redemption takes at least 5 points.',
    pointer: '/points',
    details: { minimum: 5 },
  },
  'more than there are': {
    code: 'insufficient_points',
    message: '201 points asked, 200 can be spent.',
    details: { points: 201, spendable: 200 },
  },
  'a member of nobody': {
    code: 'insufficient_points',
    message: '10 points asked, but the member has no wallet in any program yet.',
    details: { points: 10, spendable: 0 },
  },
  'two wallets and none named': {
    code: 'program_required',
    message: 'The member has wallets in several programs: name one of club, other.',
    pointer: '/program',
  },
  'another currency': {
    code: 'wrong_currency',
    message: "The program counts in CNY: give the purchase's total in CNY.",
    pointer: '/currency',
    details: { currency: 'CNY' },
  },
  'no total of the purchase': {
    code: 'purchase_total_required',
    message: 'Points pay at most 0.5 of a purchase: give its total.',
    pointer: '/purchaseTotal',
  },
  'too much of the purchase': {
    code: 'above_share_of_purchase',
    message: '100 points are worth 1 CNY; of a purchase of 1.50 at most 75 points may pay.',
    pointer: '/points',
    details: { points: 100, most: 75 },
  },
  'a reservation without end': {
    code: 'invalid_ttl',
    message: 'A reservation lasts for an ISO 8601 duration above 0 and of at most 30 days, like PT15M.',
    pointer: '/ttl',
  },
  'a reservation nobody made': {
    code: 'unknown_reservation',
    message: 'The member has no reservation b.',
    pointer: '/reservation',
  },
  'more than was reserved': {
    code: 'more_than_reserved',
    message: '11 points asked, 10 are reserved.',
    pointer: '/points',
    details: { points: 11, reserved: 10 },
  },
  'no number of points to capture': {
    code: 'invalid_points',
    message: 'Points are whole numbers from 1 to 9007199254740991.',
    pointer: '/points',
  },
  'captured before': {
    code: 'reservation_captured',
    message: 'Reservation b was captured: undo the redemption instead.',
    pointer: '/reservation',
  },
  'voided before': { code: 'reservation_voided', message: 'Reservation b was voided.', pointer: '/reservation' },
  'a reservation that has ended': {
    code: 'reservation_expired',
    message: 'Reservation b ended at 2026-02-01T00:15:00.000Z: reserve again.',
    pointer: '/reservation',
    details: { until: '2026-02-01T00:15:00.000Z' },
  },
  'a redemption nobody made': {
    code: 'unknown_redemption',
    message: 'The member has no redemption r.',
    pointer: '/redemption',
  },
  'more than was redeemed': {
    code: 'more_than_redeemed',
    message: '11 points asked, 10 of 10 redeemed are not undone yet.',
    pointer: '/points',
    details: { points: 11, left: 10 },
  },
  'no number of points to undo': {
    code: 'invalid_points',
    message: 'Points are whole numbers from 1 to 9007199254740991.',
    pointer: '/points',
  },
  'undone before': { code: 'already_undone', message: 'Redemption r is undone already.', pointer: '/redemption' },
  'points to oneself': { code: 'transfer_to_self', message: 'A member cannot send points to itself.', pointer: '/to' },
  'to a receiver without room': {
    code: 'receiver_full',
    message: 'The receiver’s wallet in club cannot take in more than 9007199254740991 points in all.',
    pointer: '/points',
  },
  'nothing to adjust': {
    code: 'invalid_points',
    message: 'Points are whole numbers, not 0, up to 9007199254740991.',
    pointer: '/points',
  },
  'more to withdraw than there are': {
    code: 'insufficient_points',
    message: '201 points asked, 200 can be taken.',
    details: { points: -201, spendable: 200 },
  },
  'nothing to withdraw from': {
    code: 'insufficient_points',
    message: '10 points asked, but the member has no wallet in any program yet.',
    details: { points: -10, spendable: 0 },
  },
  'points for two wallets': {
    code: 'program_required',
    message: 'The member has wallets in several programs: name one of club, other.',
    pointer: '/program',
  },
  'points for a member of nobody': {
    code: 'program_required',
    message: 'The member has no wallet yet: name the program of the points, one of club, other.',
    pointer: '/program',
  },
  'points before any program': {
    code: 'unknown_program',
    message: 'No program is published: publish one first.',
    pointer: '/program',
  },
  'points in no program': { code: 'unknown_program', message: 'No program nowhere is in force.', pointer: '/program' },
  'points without an end': {
    code: 'expiry_required',
    message: 'The program says no expiry: say when the points expire.',
    pointer: '/expiresAt',
  },
  'points that are gone': {
    code: 'expires_in_the_past',
    message: 'The points would be gone at once.',
    pointer: '/expiresAt',
  },
  'more points than a wallet holds': {
    code: 'too_many_points',
    message: 'A wallet cannot take in more than 9007199254740991 points in all.',
    pointer: '/points',
  },
  'no number of points to open': {
    code: 'invalid_points',
    message: 'Points are whole numbers from 1 to 9007199254740991.',
    pointer: '/points',
  },
  'a fraction to open': {
    code: 'invalid_points',
    message: 'Points are whole numbers from 1 to 9007199254740991.',
    pointer: '/points',
  },
  'more to open than a wallet holds': {
    code: 'too_many_points',
    message: 'A wallet cannot take in more than 9007199254740991 points in all.',
    pointer: '/points',
  },
  'a balance gone before it is there': {
    code: 'pending_after_expiry',
    message: 'The lot would expire before it becomes active.',
    pointer: '/expiresAt',
  },
  'a balance in no program': {
    code: 'unknown_program',
    message: 'There is no program nowhere: publish it, or correct its name, and send the balance again.',
    pointer: '/program',
  },
  'a reference that is taken': {
    code: 'reference_taken',
    message: 'Reference o opened a lot of 10 points.',
    pointer: '/reference',
  },
  'an approval of nothing': {
    code: 'unknown_request',
    message: 'The member has no adjustment a that needs approval.',
    pointer: '/request',
  },
  'an approval of one’s own': {
    code: 'self_approval',
    message: 'ann asked for it: somebody else must approve.',
    pointer: '/request',
    details: { by: 'ann' },
  },
  'an approval of what was refused': {
    code: 'request_refused',
    message: 'Adjustment a was refused.',
    pointer: '/request',
  },
  'an approval too late': {
    code: 'request_lapsed',
    message: 'Adjustment a could be approved until 2026-03-03T00:00:00.000Z: ask again.',
    pointer: '/request',
    details: { until: '2026-03-03T00:00:00.000Z' },
  },
  'a refusal of what was approved': {
    code: 'request_approved',
    message: 'Adjustment a was approved and made: adjust it back.',
    pointer: '/request',
  },
  'a refusal of nothing': {
    code: 'unknown_request',
    message: 'The member has no adjustment a that needs approval.',
    pointer: '/request',
  },
  'no such reward': { code: 'unknown_reward', message: 'club has no reward hat now.', pointer: '/reward' },
  'a reward for a member of nobody': {
    code: 'program_required',
    message: 'The member has no wallet yet: name the program of the reward.',
    pointer: '/program',
  },
  'a reward of two wallets': {
    code: 'program_required',
    message: 'The member has wallets in several programs: name one of club, other.',
    pointer: '/program',
  },
  'a reward not there yet': {
    code: 'reward_not_available',
    message: 'early is to be had from 2026-03-01T00:00:00.000Z on.',
    pointer: '/reward',
    details: { from: '2026-03-01T00:00:00.000Z' },
  },
  'a reward no more': {
    code: 'reward_not_available',
    message: 'late was to be had until 2026-02-01T00:00:00.000Z.',
    pointer: '/reward',
    details: { until: '2026-02-01T00:00:00.000Z' },
  },
  'a reward of another tier': {
    code: 'reward_not_for_tier',
    message: 'gold is for gold, black; the member holds no tier.',
    pointer: '/reward',
    details: { tier: null },
  },
  'a reward had today': {
    code: 'reward_limit_reached',
    message: 'A member gets 1 of daily a day.',
    pointer: '/reward',
    details: { count: 1, per: 'day', had: 1 },
  },
  'a reward had once': {
    code: 'reward_limit_reached',
    message: 'A member gets 1 of once.',
    pointer: '/reward',
    details: { count: 1, per: 'ever', had: 1 },
  },
  'a reward too dear': {
    code: 'insufficient_points',
    message: '10 points asked, 9 can be spent.',
    details: { points: 10, spendable: 9 },
  },
  'a piece first': { code: 'piece_needed', message: 'A piece must be held first.', details: { program: 'club' } },
  'closed: redeem': {
    code: 'account_closed',
    message: 'The member’s account is closed since 2026-02-01T00:00:00.000Z: reopen it first.',
    details: { closedAt: '2026-02-01T00:00:00.000Z' },
  },
  'closed: give': {
    code: 'account_closed',
    message: 'The member’s account is closed since 2026-02-01T00:00:00.000Z: reopen it first.',
    details: { closedAt: '2026-02-01T00:00:00.000Z' },
  },
  'closed: twice': {
    code: 'already_closed',
    message: 'The account is closed since 2026-02-01T00:00:00.000Z.',
    details: { closedAt: '2026-02-01T00:00:00.000Z' },
  },
  'open: reopen': { code: 'not_closed', message: 'The account is open: there is nothing to reopen.' },
};

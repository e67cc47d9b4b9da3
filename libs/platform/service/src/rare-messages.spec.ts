import { RareMessages } from './rare-messages.ts';

describe('rare messages', () => {
  it('are told once a minute each', () => {
    const told: string[] = [];
    let now = 0;
    const rare = new RareMessages(
      (message) => told.push(message),
      () => now,
    );
    for (const at of [0, 1, 59_999, 60_000]) {
      now = at;
      rare.tell('refused');
      rare.tell('no leader');
    }
    expect(told).toEqual(['refused', 'no leader', 'refused', 'no leader']);
  });
});

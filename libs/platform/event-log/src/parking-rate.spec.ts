import { ParkingRate } from './parking-rate.ts';

describe('the rate of parking', () => {
  it('lets 20 members through in a minute and stops at the next', () => {
    const rate = new ParkingRate();
    for (let n = 0; n < 20; n++) expect(rate.park(n * 1_000)).toBeNull();
    expect(rate.park(59_000)).toContain('more than 20 members');
  });

  it('forgets after a minute', () => {
    const rate = new ParkingRate();
    for (let n = 0; n < 100; n++) expect(rate.park(n * 4_000)).toBeNull();
  });

  it('stops at more than one in a hundred events once there are a thousand', () => {
    const rate = new ParkingRate();
    rate.saw(600, 0);
    rate.saw(600, 2_000);
    for (let n = 0; n < 12; n++) expect(rate.park(3_000)).toBeNull();
    expect(rate.park(3_000)).toContain('more than 1 %');
  });

  it('parks a single event of a quiet shard', () => {
    const rate = new ParkingRate();
    rate.saw(3, 0);
    expect(rate.park(0)).toBeNull();
  });
});

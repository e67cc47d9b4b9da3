import type { ContractWorld } from './contract-world.ts';
import { parkingContract } from './parking-contract.ts';
import { readingContract } from './reading-contract.ts';
import { Stage } from './stage.ts';

/** What every transport of the event log keeps. @param make called once; each example uses a source of its own */
export function eventLogContract(name: string, make: () => Promise<ContractWorld>): void {
  describe(`event log over ${name}`, () => {
    const stage = new Stage();
    beforeAll(() => stage.open(make));
    beforeEach(() => stage.begin());
    afterEach(() => stage.end());
    afterAll(() => stage.world.close());

    readingContract(stage);
    parkingContract(stage);
  });
}

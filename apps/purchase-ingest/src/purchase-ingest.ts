import { inboundOptions, purchases, PURCHASES_WRITER, PurchasesModule } from '@loyalty/purchases';
import { serveOnly, writerOptions } from '@loyalty/service';

await serveOnly('purchase-ingest', (environment) => [
  {
    definition: purchases,
    module: PurchasesModule.forRoot({ ...writerOptions(environment), inbound: inboundOptions(environment) }),
    writer: PURCHASES_WRITER,
    reactors: [],
  },
]);

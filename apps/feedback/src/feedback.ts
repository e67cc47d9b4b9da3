import { feedback, FEEDBACK_WRITER, FeedbackModule } from '@loyalty/feedback';
import { serveOnly, writerOptions } from '@loyalty/service';

await serveOnly('feedback', (environment) => [
  {
    definition: feedback,
    module: FeedbackModule.forRoot(writerOptions(environment)),
    writer: FEEDBACK_WRITER,
    reactors: [],
  },
]);

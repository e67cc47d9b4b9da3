import { analytics, analyticsEntities, AnalyticsModule } from '@loyalty/analytics';
import { feedback, FEEDBACK_WRITER, FeedbackModule } from '@loyalty/feedback';
import { points, POINTS_WRITER, pointsEntities, PointsModule, pointsReactor } from '@loyalty/points';
import { inboundOptions, purchases, PURCHASES_WRITER, PurchasesModule } from '@loyalty/purchases';
import { writerOptions, type Environment, type ServicePart } from '@loyalty/service';
import { ratingOfEvent, tiers, TIERS_WRITER, TiersModule, tiersReactors } from '@loyalty/tiers';
import { WEBHOOK_FOLLOWER, webhookOptions, webhooks, WebhooksModule } from '@loyalty/webhooks';

/** All services, in the order in which a purchase passes through them; webhooks last, they tell of all the others. */
export function parts(environment: Environment): ServicePart[] {
  const options = writerOptions(environment);
  const { DEFAULT_PROGRAM, REPORTING_ZONE, SWEEP_SECONDS } = environment;
  return [
    {
      definition: purchases,
      module: PurchasesModule.forRoot({ ...options, inbound: inboundOptions(environment) }),
      writer: PURCHASES_WRITER,
      reactors: [],
    },
    {
      definition: tiers,
      module: TiersModule.forRoot({ ...options, defaultProgram: DEFAULT_PROGRAM }),
      writer: TIERS_WRITER,
      reactors: tiersReactors,
    },
    {
      definition: points,
      module: PointsModule.forRoot({
        ...options,
        sweepMs: SWEEP_SECONDS * 1000,
        ratings: ({ pool }) => ratingOfEvent.bind(null, pool),
      }),
      writer: POINTS_WRITER,
      reactors: [pointsReactor],
      entities: pointsEntities,
    },
    { definition: feedback, module: FeedbackModule.forRoot(options), writer: FEEDBACK_WRITER, reactors: [] },
    {
      definition: analytics,
      module: AnalyticsModule.forRoot({ reportingZone: REPORTING_ZONE }),
      reactors: [],
      entities: analyticsEntities,
    },
    {
      definition: webhooks,
      module: WebhooksModule.forRoot(webhookOptions(environment)),
      reactors: [],
      follower: WEBHOOK_FOLLOWER,
    },
  ];
}

import { Inject, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { NotReadyError, Readiness, type Environment } from '@loyalty/service';
import { Sender, type SenderOptions } from './send.ts';
import { SENDER, WEBHOOK_FOLLOWER } from './tokens.ts';
import { WebhookFollower, type WebhookFollowerOptions } from './webhook-follower.ts';
import { troubledWebhooks } from './webhook-store.ts';
import { WebhooksController } from './webhooks.controller.ts';

export type WebhooksModuleOptions = SenderOptions & WebhookFollowerOptions;

/** What the module is given out of the environment. */
export function webhookOptions({ WEBHOOK_PRIVATE_TARGETS, WEBHOOK_DELIVERIES }: Environment): WebhooksModuleOptions {
  return { privateTargets: WEBHOOK_PRIVATE_TARGETS, deliveries: WEBHOOK_DELIVERIES };
}

@Module({})
export class WebhooksModule implements OnApplicationBootstrap {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(WEBHOOK_FOLLOWER) private readonly follower: WebhookFollower,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  static forRoot(options: WebhooksModuleOptions = {}): DynamicModule {
    return {
      module: WebhooksModule,
      controllers: [WebhooksController],
      providers: [
        { provide: SENDER, useFactory: () => new Sender(options) },
        {
          provide: WEBHOOK_FOLLOWER,
          inject: [DATABASE, SENDER],
          useFactory: ({ pool }: Database, sender: Sender) => new WebhookFollower(pool, sender, options),
        },
      ],
      exports: [WEBHOOK_FOLLOWER],
    };
  }

  /** A receiver that takes nothing is not this process's fault: health is degraded, not down. A log that cannot be followed is. */
  onApplicationBootstrap(): void {
    this.readiness.add('webhooks', async () => {
      const { webhooks, disabled, failing } = await troubledWebhooks(this.database.pool);
      const figures = { webhooks, failing: failing.length, disabled: disabled.length };
      const { troubles, waiting } = this.follower;
      if (troubles.length > 0) throw new NotReadyError(troubles.join('; '), figures);
      const told = [
        ...(waiting === null ? [] : [waiting]),
        ...disabled.map((id) => `${id} is disabled, its receiver takes nothing`),
        ...failing.map((id) => `${id} fails`),
      ];
      return { ...figures, ...(told.length > 0 && { degraded: told.join('; ') }) };
    });
  }
}

import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { parseInstant } from '@loyalty/kernel';
import {
  BadInputError,
  ConflictError,
  HttpAnswer,
  NotFoundError,
  Operation,
  PageQuery,
  Scopes,
  type FieldProblem,
  type Page,
} from '@loyalty/service';
import { listAttempts, type AttemptView } from './attempt-list.ts';
import { unknownPatterns } from './core/event-types.ts';
import { ping, type Pinged } from './ping.ts';
import { replay, type ReplayFrom } from './replay.ts';
import { Sender } from './send.ts';
import { targetProblem } from './target.ts';
import { SENDER, WEBHOOK_FOLLOWER } from './tokens.ts';
import { WebhookFollower } from './webhook-follower.ts';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  findWebhook,
  listWebhooks,
  MOST_WEBHOOKS,
  rotateSecret,
  type WebhookView,
} from './webhook-store.ts';
import { ChangeWebhookBody, CreateWebhookBody, DeliveriesQuery, ReplayBody, RotateSecretBody } from './webhooks.dto.ts';
import {
  changedExample,
  createdExample,
  deliveriesExample,
  knownExample,
  replayExample,
  rotatedExample,
  webhookExample,
} from './webhook-examples.ts';

const HOUR_MS = 3_600_000;
const NONE = { description: 'There is no such webhook' };
const shows = { 200: { description: 'The webhook', example: webhookExample }, 404: NONE };

@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(SENDER) private readonly sender: Sender,
    @Inject(WEBHOOK_FOLLOWER) private readonly follower: WebhookFollower,
  ) {}

  @Post()
  @Scopes('webhooks:write')
  @Operation({
    summary: 'Have events sent to a URL',
    description:
      'Events recorded from now on; `replay` sends earlier ones. Each is a CloudEvent signed as Standard Webhooks says. The secret is ' +
      'shown once. A key with `webhooks:write` can have any event sent anywhere: it is as good as reading everything.',
    answers: {
      201: { description: 'Made; the secret is not shown again', example: createdExample },
      200: { description: 'Known already, with the same fields; without the secret', example: knownExample },
      409: 'There is another webhook with this id, or there are too many',
    },
  })
  async create(@Body() body: CreateWebhookBody): Promise<HttpAnswer<WebhookView & { readonly secret?: string }>> {
    this.check(body);
    const made = await createWebhook(this.database.pool, body, await this.follower.endsOfLogs(), Date.now());
    if (made.kind === 'different')
      throw new ConflictError(
        `There is a webhook ${body.id} with other fields: change it with PATCH.`,
        'webhook_exists',
      );
    if (made.kind === 'too_many')
      throw new ConflictError(`There are ${MOST_WEBHOOKS} webhooks, the most there can be.`, 'too_many_webhooks');
    this.follower.wake();
    const webhook = await this.known(body.id);
    return made.kind === 'known'
      ? new HttpAnswer(200, webhook)
      : new HttpAnswer(201, { ...webhook, secret: made.secret });
  }

  @Get()
  @Scopes('webhooks:read')
  @Operation({
    summary: 'List webhooks',
    answers: { 200: { description: 'By id', example: { items: [webhookExample], next: null } } },
  })
  list(@Query() query: PageQuery): Promise<Page<WebhookView>> {
    return listWebhooks(this.database.pool, query);
  }

  @Get(':id')
  @Scopes('webhooks:read')
  @Operation({ summary: 'Show a webhook and how its receiver does', answers: shows, parameters: { id: 'crm' } })
  show(@Param('id') id: string): Promise<WebhookView> {
    return this.known(id);
  }

  @Patch(':id')
  @Scopes('webhooks:write')
  @Operation({
    summary: 'Change a webhook, stop it or go on',
    description:
      'A field that is left out stays. `enabled: true` goes on where it stopped: what was recorded meanwhile is sent first.',
    answers: { 200: { description: 'The webhook', example: changedExample }, 404: NONE },
    parameters: { id: 'crm' },
  })
  async change(@Param('id') id: string, @Body() body: ChangeWebhookBody): Promise<WebhookView> {
    this.check(body);
    const changed = await changeWebhook(this.database.pool, id, body, Date.now());
    if (!changed) throw notFound();
    this.follower.wake();
    return changed;
  }

  @Delete(':id')
  @HttpCode(204)
  @Scopes('webhooks:write')
  @Operation({
    summary: 'Remove a webhook and what waits for it',
    answers: { 204: 'Removed', 404: 'There is no such webhook' },
    parameters: { id: 'crm' },
  })
  async remove(@Param('id') id: string): Promise<void> {
    if (!(await deleteWebhook(this.database.pool, id))) throw notFound();
  }

  @Post(':id/secret')
  @Scopes('webhooks:write')
  @Operation({
    summary: 'Make a new secret',
    description:
      'Shown once. The one before stays valid besides for `graceHours`: deliveries carry both signatures until then.',
    answers: { 201: { description: 'The new secret', example: rotatedExample }, 404: NONE },
    parameters: { id: 'crm' },
  })
  async rotate(@Param('id') id: string, @Body() { graceHours }: RotateSecretBody): Promise<{ secret: string }> {
    const now = Date.now();
    const secret = await rotateSecret(this.database.pool, id, now + graceHours * HOUR_MS, now);
    if (secret === undefined) throw notFound();
    return { secret };
  }

  @Post(':id/ping')
  @HttpCode(200)
  @Scopes('webhooks:write')
  @Operation({
    summary: 'Send a message to try a receiver',
    description: 'Of type `webhook.ping`, signed like every other, once, also while the webhook is disabled.',
    answers: {
      200: { description: 'What came of it', example: { delivered: true, status: 204, durationMs: 38 } },
      404: NONE,
    },
    parameters: { id: 'crm' },
  })
  async ping(@Param('id') id: string): Promise<Pinged> {
    const signal = new AbortController().signal;
    return ping(this.database.pool, this.sender, await this.known(id), Date.now, signal);
  }

  @Post(':id/replay')
  @HttpCode(202)
  @Scopes('webhooks:write')
  @Operation({
    summary: 'Send events again',
    description:
      'From an instant on (by recorded time, in every log) or behind a position of one log. In order, before what is new, with the ids ' +
      'they had: a receiver that remembers ids is not confused. Answers at once with the places that are gone back to.',
    answers: { 202: { description: 'Being sent', example: replayExample }, 404: NONE },
    parameters: { id: 'crm' },
    bodyExample: { after: { source: 'points', shard: 6, position: 0 } },
  })
  async replay(@Param('id') id: string, @Body() body: ReplayBody) {
    const places = await replay(this.database.pool, this.follower.reach, id, this.wanted(body));
    if (!places) throw notFound();
    this.follower.wake();
    return { places: places.map(({ position, ...place }) => ({ ...place, position: String(position) })) };
  }

  @Get(':id/deliveries')
  @Scopes('webhooks:read')
  @Operation({
    summary: 'List attempts to deliver, the latest first',
    description: 'Of the last seven days.',
    answers: { 200: { description: 'Attempts', example: deliveriesExample }, 404: NONE },
    parameters: { id: 'crm' },
  })
  async deliveries(@Param('id') id: string, @Query() query: DeliveriesQuery): Promise<Page<AttemptView>> {
    await this.known(id);
    return listAttempts(this.database.pool, id, { ...query, failed: query.failed === 'true' });
  }

  private async known(id: string): Promise<WebhookView> {
    const found = await findWebhook(this.database.pool, id);
    if (!found) throw notFound();
    return found;
  }

  private check({ url, types }: { readonly url?: string; readonly types?: readonly string[] }): void {
    const problems: FieldProblem[] = [];
    const wrong = url === undefined ? undefined : targetProblem(url, this.sender.privateTargets);
    if (wrong !== undefined) problems.push({ pointer: '/url', message: wrong });
    for (const pattern of unknownPatterns(types ?? [])) {
      const message = `${JSON.stringify(pattern)} names no event type: take one of the reference, or a pattern like "points.*"`;
      problems.push({ pointer: `/types/${types?.indexOf(pattern)}`, message });
    }
    if (problems.length > 0) throw new BadInputError(problems);
  }

  private wanted({ from, after }: ReplayBody): ReplayFrom {
    if ((from === undefined) === (after === undefined))
      throw new BadInputError([{ pointer: '', message: 'give either `from` (an instant) or `after` (a position)' }]);
    if (after !== undefined) {
      if (after.shard >= this.follower.reach.shards(after.source))
        throw new BadInputError([{ pointer: '/after/shard', message: `${after.source} has no shard ${after.shard}` }]);
      return { after };
    }
    const instant = parseInstant(from as string);
    if (instant === undefined || instant < 0) {
      const message = 'must be a date and time with its offset, as 2026-06-01T00:00:00Z';
      throw new BadInputError([{ pointer: '/from', message }]);
    }
    return { from: instant };
  }
}

function notFound(): NotFoundError {
  return new NotFoundError('There is no such webhook.', 'webhook_not_found');
}

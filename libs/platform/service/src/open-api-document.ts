import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI document of an application that need not listen. Loads @nestjs/swagger only when called. */
export async function openApiDocument(app: INestApplication, title: string): Promise<OpenAPIObject> {
  const { describeApi } = await import('./open-api.ts');
  return describeApi(app, title);
}

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { openApiDocument } from './open-api-document.ts';
import { Router, static as serveStatic } from 'express';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>`;

const START = `SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#ui', deepLinking: true });`;

/** `/docs` and `/docs/openapi.json`, made when somebody first looks: what nobody reads costs the start nothing. */
export function documentation(app: INestApplication, title: string): Router {
  const router = Router();
  let text: Promise<string> | undefined;
  router.get('/openapi.json', (_, response, next) => {
    text ??= openApiDocument(app, title).then((document) => JSON.stringify(document));
    text.then((document) => response.type('json').send(document), next);
  });
  router.get('/', (_, response) => void response.type('html').send(PAGE));
  router.get('/start.js', (_, response) => void response.type('js').send(START));
  router.use(serveStatic(uiFolder(), { index: false, maxAge: '1d' }));
  return router;
}

/** @nestjs/swagger brings the pages along. */
function uiFolder(): string {
  const swagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return dirname(createRequire(swagger).resolve('swagger-ui-dist/package.json'));
}

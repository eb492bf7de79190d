import { z } from 'zod';
import type { ApiContext } from '../../context.ts';
import { definePage, defineStream, type AnyRoute } from '../../define-route.ts';
import { browserFile, once, readPackageFile, sendFile } from './files.ts';

const ASSET_MAX_AGE_SECONDS = 86_400;

/**
 * Everything from our own server. Both viewers write style elements at run time, hence the inline styles; ReDoc
 * searches in a worker that it makes from a blob.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const page = (title: string, head: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
${head}
</head>
<body>
${body}
</body>
</html>
`;

const swaggerPage = page(
  'Muster API',
  '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">',
  `<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>`,
);

const swaggerStart = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

const redocPage = page(
  'Muster API reference',
  '<style>body { margin: 0 }</style>',
  `<div id="redoc"></div>
<script src="/redoc/assets/redoc.standalone.js"></script>
<script src="/redoc/assets/start.js"></script>`,
);

const redocStart = `Redoc.init('/openapi.json', { hideDownloadButtons: false }, document.getElementById('redoc'));
`;

const EMPTY_IMAGE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

/** ReDoc's bundle without the one picture it would fetch from its maker's server. */
async function redocBundle(): Promise<string> {
  const text = (await readPackageFile('redoc/bundles/redoc.standalone.js')).toString('utf8');
  return text.replaceAll(/https:\/\/cdn\.redoc\.ly\/[\w./-]+\.svg/g, EMPTY_IMAGE);
}

function assetRoute(path: string, type: string, read: () => Promise<string | Buffer>): AnyRoute {
  const keeping = { maxAgeSeconds: ASSET_MAX_AGE_SECONDS };
  const file = once(async () => browserFile(await read(), { type, keeping }));
  return definePage(path, async (ctx) => sendFile(ctx, await file()));
}

function pageRoute(path: string, html: string): AnyRoute {
  const file = once(() => browserFile(html, { type: 'html', keeping: 'ask' }));
  return definePage(path, async (ctx: ApiContext) => {
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    sendFile(ctx, await file());
  });
}

/** `/openapi.json`, Swagger UI and ReDoc, with all they load. @param openApiText the document, written out. */
export function documentRoutes(openApiText: () => string): AnyRoute[] {
  const openApi = once(() => browserFile(openApiText(), { type: 'json', keeping: 'ask' }));
  return [
    defineStream(
      {
        method: 'GET',
        path: '/openapi.json',
        operationId: 'getOpenApi',
        tags: ['System'],
        summary: 'This document',
        access: 'public',
        responses: {
          200: {
            description: 'OpenAPI 3.1',
            schema: z.looseObject({ openapi: z.string() }),
            contentType: 'application/json',
            example: { openapi: '3.1.1', info: { title: 'Muster', version: '0.1.0' }, paths: {} },
          },
        },
      },
      async ({ ctx }) => sendFile(ctx, await openApi()),
    ),
    pageRoute('/docs', swaggerPage),
    assetRoute('/docs/assets/swagger-ui.css', 'css', () => readPackageFile('swagger-ui-dist/swagger-ui.css')),
    assetRoute('/docs/assets/swagger-ui-bundle.js', 'js', () =>
      readPackageFile('swagger-ui-dist/swagger-ui-bundle.js'),
    ),
    assetRoute('/docs/assets/favicon-32x32.png', 'png', () =>
      readPackageFile('swagger-ui-dist/favicon-32x32.png'),
    ),
    assetRoute('/docs/assets/start.js', 'js', async () => swaggerStart),
    pageRoute('/redoc', redocPage),
    assetRoute('/redoc/assets/redoc.standalone.js', 'js', redocBundle),
    assetRoute('/redoc/assets/start.js', 'js', async () => redocStart),
  ];
}

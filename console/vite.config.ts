import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The console is served by the API below /console, from dist/console. `vite` alone asks an API on this machine. */
export default defineConfig({
  root: at('.'),
  base: '/console/',
  build: {
    outDir: at('../dist/console'),
    emptyOutDir: true,
    target: 'es2023',
    // Nothing inline: the Content-Security-Policy allows files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: 'automatic' } },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/api', '/crew', '/health', '/ws', '/openapi.json'].map((path) => [path, 'http://127.0.0.1:8000']),
    ),
  },
});

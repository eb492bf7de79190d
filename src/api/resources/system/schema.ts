import { z } from 'zod';

export const welcomeSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    message: z.string(),
    links: z.object({
      docs: z.string(),
      redoc: z.string(),
      openapi: z.string(),
      health: z.string(),
      flows: z.string(),
    }),
  })
  .meta({ id: 'Welcome' });

export const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded']),
    environment: z.string(),
    version: z.string(),
    database: z.object({
      status: z.enum(['ok', 'unavailable']),
      latency_ms: z.number().nullable().meta({ description: 'Null when it did not answer' }),
    }),
    temporal: z.object({
      status: z.enum(['ok', 'unavailable']),
      address: z.string(),
      ui_url: z.string().nullable(),
    }),
    models: z.object({
      demo: z.boolean().meta({ description: 'The built-in demo model stands in for every model' }),
      default_model: z.string(),
    }),
  })
  .meta({ id: 'Health' });

export const liveSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Live' });

export const readySchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.object({
      database: z.enum(['ok', 'unavailable']),
      migrations: z.enum(['ok', 'pending', 'unknown']),
      draining: z.boolean(),
    }),
  })
  .meta({ id: 'Ready' });

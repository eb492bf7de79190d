import { ApiKeySchema } from './api-key.entity.ts';
import { AuditEntrySchema } from './audit-entry.entity.ts';
import { DeliveryEndpointSchema } from './delivery-endpoint.entity.ts';
import { ExecutionSchema } from './execution.entity.ts';
import { ExternalIdentitySchema } from './external-identity.entity.ts';
import { DeclaredFlowSchema } from './flow.entity.ts';
import { GraphSchema, GraphVersionSchema } from './graph.entity.ts';
import { AgentSchema, TaskSchema, WorkflowSchema } from './platform.entity.ts';
import { QuestionSchema } from './question.entity.ts';
import { RefreshTokenSchema } from './refresh-token.entity.ts';
import { SessionSchema } from './session.entity.ts';
import { TaskExecutionSchema } from './task-execution.entity.ts';
import { TemplateSchema } from './template.entity.ts';
import { ThreadSchema } from './thread.entity.ts';
import { UserSchema } from './user.entity.ts';

/** Every entity, named one by one: nothing is found by folder. */
export const entities = [
  UserSchema,
  SessionSchema,
  RefreshTokenSchema,
  ExternalIdentitySchema,
  ApiKeySchema,
  AuditEntrySchema,
  ExecutionSchema,
  TaskExecutionSchema,
  QuestionSchema,
  GraphSchema,
  GraphVersionSchema,
  TemplateSchema,
  AgentSchema,
  WorkflowSchema,
  TaskSchema,
  ThreadSchema,
  DeliveryEndpointSchema,
  DeclaredFlowSchema,
];

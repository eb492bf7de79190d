import { ApiKeySchema } from './api-key.entity.ts';
import { ExecutionSchema } from './execution.entity.ts';
import { TaskExecutionSchema } from './task-execution.entity.ts';
import { UserSchema } from './user.entity.ts';

/** Every entity, named one by one: nothing is found by folder. */
export const entities = [UserSchema, ApiKeySchema, ExecutionSchema, TaskExecutionSchema];

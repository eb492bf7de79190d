import { afterRefusal, fitContext, type Fitted } from '../../src/domain/agent/context-window.ts';
import { tokensOf } from '../../src/domain/run/estimate.ts';
import { contextWindow } from '../../src/models/catalogue.ts';
import type { ModelFailure } from '../../src/models/model.ts';
import { offered, type OutsideAction } from './agent-calls.ts';
import type { TaskDeps } from '../calls/call-deps.ts';
import { respectsWindow, type TaskMaterial } from './task-context.ts';

/** Whether what is to be said fits the model's window; what it has refused before counts more than the catalogue. */
export function fit(
  deps: TaskDeps,
  material: TaskMaterial,
  action: OutsideAction,
  model: { name: string },
): Fitted {
  if (action.kind !== 'call_model' || !respectsWindow(material, action.agentKey)) return { kind: 'fits' };
  const learned = material.state.windows?.[action.agentKey] ?? Infinity;
  const tools = offered(deps, material, action);
  return fitContext(material.state, action.messages, {
    windowTokens: Math.min(learned, contextWindow(model.name)),
    toolTokens: tools.length === 0 ? 0 : tokensOf(JSON.stringify(tools)),
  });
}

/** The task with its conversation to be shortened, when the model refused it as too long and that is wanted. */
export function shorterAfter(
  material: TaskMaterial,
  action: OutsideAction,
  failure: ModelFailure,
): TaskMaterial | null {
  if (failure.kind !== 'context_length' || action.kind !== 'call_model') return null;
  if (!respectsWindow(material, action.agentKey)) return null;
  const state = afterRefusal(material.state, action.agentKey, action.messages);
  return state === null ? null : { ...material, state };
}

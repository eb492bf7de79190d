import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import type { FlowDefinition } from './definition.ts';

/** What an execution of a declared flow runs, whatever becomes of the flow meanwhile. */
export interface FlowSnapshot {
  definition: FlowDefinition;
  /** The crews of its methods, by the method's name; agents with tools are crews of one. */
  crews: Record<string, CrewPlan>;
}

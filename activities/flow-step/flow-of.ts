import { declaredFlow } from '../../src/flows/declared/declared-flow.ts';
import type { FlowSnapshot } from '../../src/flows/declared/snapshot.ts';
import type { Flow } from '../../src/flows/define-flow.ts';
import type { FlowCatalogue } from '../../src/flows/flow-catalogue.ts';

/** The flow an execution runs: the declared one it keeps, else the code of its name. */
export const flowOf = (
  flows: FlowCatalogue,
  { flowName, snapshot }: { flowName: string; snapshot: FlowSnapshot | null },
): Flow | undefined => (snapshot === null ? flows.find(flowName)?.flow : declaredFlow(snapshot));

import type { AnswerChecks, CheckedAnswer } from '../domain/agent/checks.ts';
import type { Issue } from '../domain/errors.ts';
import type { GraphCompilation } from '../domain/graph/compile-graph.ts';
import type { GraphDocument, GraphReport, GraphSurroundings } from '../domain/graph/graph-document.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { ConditionTest, CrewPlan } from '../domain/plan/crew-plan.ts';
import type { EditedPlan } from '../domain/plan/edit-task.ts';
import type { PlanOverrides } from '../domain/plan/override-plan.ts';
import type { AnswerRules } from '../domain/run/answer.ts';
import type { SchemaProblem } from '../domain/run/json-schema.ts';
import type { ImportedCrew, ImportOptions, ImportWarning } from '../crews/transfer/imported-crew.ts';
import type { KnowledgeKind } from '../knowledge/read-source.ts';
import type { FlowDefinition } from '../flows/declared/definition.ts';
import type { FlowSurroundings, Prepared } from '../flows/declared/crew-plans.ts';
import type { ReadDefinition } from '../flows/declared/read-definition.ts';
import type { ExpressionAnswer, ExpressionRequest } from './step-scopes.ts';

/** What goes into each computation and what comes out of it. Both travel as structured clones. */
interface ComputationTypes {
  /** Expressions and templates of a step of a declared flow. */
  evaluate: { input: ExpressionRequest; output: ExpressionAnswer };
  checkAnswer: { input: { rules: AnswerRules; answer: JsonValue }; output: Issue[] };
  /** What is wrong with a JSON schema itself. */
  checkSchema: { input: JsonObject; output: SchemaProblem[] };
  /** An agent's answer by the schemas it must fit. */
  readAnswer: { input: { answer: string; checks: AnswerChecks }; output: CheckedAnswer };
  testCondition: { input: { test: ConditionTest; raw: string }; output: boolean };
  readFlow: { input: string | JsonObject; output: ReadDefinition };
  prepareFlow: { input: { definition: FlowDefinition; surroundings: FlowSurroundings }; output: Prepared };
  checkFlowState: { input: { definition: FlowDefinition; request: JsonObject }; output: Issue[] };
  validateGraph: {
    input: { document: GraphDocument; surroundings: GraphSurroundings };
    output: GraphReport;
  };
  compileGraph: {
    input: { document: GraphDocument; surroundings: GraphSurroundings };
    output: GraphCompilation;
  };
  importCrew: {
    input: {
      upload: { kind: 'zip'; bytes: Uint8Array } | { kind: 'files'; files: Record<string, string> };
      options: ImportOptions;
    };
    output: ImportedCrew;
  };
  exportCrew: {
    input: { document: GraphDocument; surroundings: GraphSurroundings };
    output: { ok: true; zip: Uint8Array } | { ok: false; why: string; issues: Issue[] };
  };
  overridePlan: {
    input: {
      plan: CrewPlan;
      overrides: PlanOverrides;
      run: { inputs: JsonObject; offeredTools: readonly string[] };
    };
    output: EditedPlan;
  };
  readKnowledge: { input: { kind: KnowledgeKind; content: string | Uint8Array }; output: string[] };
}

export type ComputationName = keyof ComputationTypes;
export type ComputationInput<N extends ComputationName> = ComputationTypes[N]['input'];
export type ComputationOutput<N extends ComputationName> = ComputationTypes[N]['output'];

type Compute<N extends ComputationName> = (
  input: ComputationInput<N>,
) => ComputationOutput<N> | Promise<ComputationOutput<N>>;

/** Each loads what it needs when it is first asked for, so that a process starts quickly. Runs in computing processes. */
export const computations: { readonly [N in ComputationName]: () => Promise<Compute<N>> } = {
  async evaluate() {
    const { createStepScopes } = await import('./step-scopes.ts');
    scopes ??= createStepScopes();
    return scopes.evaluate;
  },
  async checkAnswer() {
    const { answerProblems } = await import('../domain/run/answer.ts');
    return ({ rules, answer }) => answerProblems(rules, answer);
  },
  async checkSchema() {
    const { schemaIssues } = await import('../domain/run/json-schema-issues.ts');
    return (schema) => schemaIssues(schema);
  },
  async readAnswer() {
    const { checkAnswer } = await import('../domain/agent/checks.ts');
    return ({ answer, checks }) => checkAnswer(answer, checks);
  },
  async testCondition() {
    const { conditionHolds } = await import('../domain/run/condition.ts');
    return ({ test, raw }) => conditionHolds(test, raw);
  },
  async readFlow() {
    const { readFlowDefinition } = await import('../flows/declared/read-definition.ts');
    return (source) => readFlowDefinition(source);
  },
  async prepareFlow() {
    const { prepareFlow } = await import('../flows/declared/crew-plans.ts');
    return ({ definition, surroundings }) => prepareFlow(definition, surroundings);
  },
  async checkFlowState() {
    const { stateProblems } = await import('../flows/declared/declared-flow.ts');
    return ({ definition, request }) => stateProblems(definition, request);
  },
  async validateGraph() {
    const { validateGraph } = await import('../domain/graph/validate-graph.ts');
    return ({ document, surroundings }) => validateGraph(document, surroundings);
  },
  async compileGraph() {
    const { compileGraph } = await import('../domain/graph/compile-graph.ts');
    return ({ document, surroundings }) => compileGraph(document, surroundings);
  },
  async importCrew() {
    const { importCrew } = await import('../crews/transfer/import-crew.ts');
    const { readFileTexts } = await import('../crews/transfer/uploaded-files.ts');
    const { readZip } = await import('../crews/transfer/read-zip.ts');
    return async ({ upload, options }) => {
      const passedOver: ImportWarning[] = [];
      const warn = (warning: ImportWarning): void => void passedOver.push(warning);
      const files =
        upload.kind === 'zip'
          ? await readZip(Buffer.from(upload.bytes), warn)
          : readFileTexts(upload.files, warn);
      const made = importCrew(files, options);
      return { ...made, warnings: [...made.warnings, ...passedOver] };
    };
  },
  async exportCrew() {
    const { projectFromGraph } = await import('../crews/transfer/project-from-graph.ts');
    const { writeZip } = await import('../crews/transfer/write-zip.ts');
    return ({ document, surroundings }) => {
      const project = projectFromGraph(document, surroundings);
      return project.ok ? { ok: true, zip: writeZip(project.files) } : project;
    };
  },
  async overridePlan() {
    const { overridePlan } = await import('../domain/plan/override-plan.ts');
    return ({ plan, overrides, run }) => overridePlan(plan, overrides, run);
  },
  async readKnowledge() {
    const { readSource } = await import('../knowledge/read-source.ts');
    return ({ kind, content }) =>
      readSource(kind, typeof content === 'string' ? content : Buffer.from(content));
  },
};

/** Kept between requests: what expressions of a step see is sent once to each process. */
let scopes: { evaluate: Compute<'evaluate'> } | undefined;

/** What is computed, in words for whoever supplied it. */
export const COMPUTATION_WORDS: Readonly<Record<ComputationName, string>> = {
  evaluate: 'an expression',
  checkAnswer: 'checking the answer by its schema',
  checkSchema: 'checking the JSON schema',
  readAnswer: 'checking the answer by the JSON schema of the task',
  testCondition: 'the condition of the task',
  readFlow: 'reading the flow',
  prepareFlow: 'making the crews of the flow',
  checkFlowState: 'checking the inputs by the schema of the flow’s state',
  validateGraph: 'validating the graph',
  compileGraph: 'making a crew of the graph',
  importCrew: 'reading the files of the crew',
  exportCrew: 'writing the files of the crew',
  overridePlan: 'changing the crew',
  readKnowledge: 'reading the document',
};

/** Milliseconds of those that may take longer than the usual 5 s. */
export const LONG_COMPUTATIONS: Readonly<Partial<Record<ComputationName, number>>> = {
  readKnowledge: 30_000,
};

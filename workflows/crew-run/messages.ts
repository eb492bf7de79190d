import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { AnswerSignal, ControlSignal, LiveState } from '../../src/contracts/crew-run.ts';

/** What a crew run listens to. The API imports this file, and nothing else of the workflow. */

/** No new agent turn starts; the run stands still once the turns in flight have ended. */
export const pauseSignal = defineSignal<[ControlSignal]>('pause');
/** The run goes on. */
export const resumeSignal = defineSignal<[ControlSignal]>('resume');
/** A person has answered a question of one of its tasks. */
export const answerSignal = defineSignal<[AnswerSignal]>('answer');
/** What the run is doing right now. */
export const stateQuery = defineQuery<LiveState>('state');

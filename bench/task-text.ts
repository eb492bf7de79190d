/** What every side asks of the model. Pure: the peer's workflow uses it too. */

export const AGENT = {
  role: 'Worker',
  goal: 'Do each step as it is asked for',
  backstory: 'Does what is asked, briefly.',
};
export const EXPECTED_OUTPUT = 'One sentence.';

/** @param run names the run, so that the model can tell the runs apart. */
export const taskDescription = (number: number, run: string): string =>
  `Step ${number} of ${run}: say in one sentence what has been done so far.`;

/** What the model always answers; the form is the one CrewAI's agents look for. */
export const REPLY =
  'Thought: I now can give a great answer\nFinal Answer: The step is done, and so is all before it.';

/** The name of a run inside a prompt. */
export const RUN_MARKER = /bench-run-[0-9a-z]+/;

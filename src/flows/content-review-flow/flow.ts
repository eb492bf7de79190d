import { fileURLToPath } from 'node:url';
import { loadCrewFolder } from '../../crews/load-crew.ts';
import { defineFlow, or_, StepFailure } from '../define-flow.ts';
import { request, result, state } from './schema.ts';

/** A researcher and a writer, in CrewAI's two files. */
const { plan: draftingCrew } = loadCrewFolder(fileURLToPath(new URL('./drafting/', import.meta.url)), []);

const APPROVE = 'approve';
const REJECT = 'reject';

/** Generate → judge → revise, as often as is allowed → ask a person → publish. */
export const flow = defineFlow({
  summary: 'Has a text written by a crew, judged, revised, approved by a person and published',
  description:
    'A crew drafts, a model judges. What is not good is revised and judged again, `max_revisions` times at most. Then a ' +
    'person is asked (`/api/v1/questions`), and what they approve is posted as JSON to `publish_url`.',
  request,
  state,
  result,
  example: {
    request: { topic: 'Otters', audience: 'children', max_revisions: 2 },
    result: {
      topic: 'Otters',
      content: 'Otters hold hands while they sleep.',
      revisions: 1,
      verdict: 'good',
      approved: true,
      published: false,
      publish_status: null,
    },
  },
  begin: () => ({
    content: '',
    remarks: '',
    revisions: 0,
    verdict: 'good' as const,
    approved: false,
    publish_status: null,
  }),
  steps: ({ start, listen, router }) => ({
    generate: start({
      crew: ({ request: { topic, audience } }) => ({ plan: draftingCrew, inputs: { topic, audience } }),
      run({ state: text }, { raw }) {
        text.content = raw;
      },
    }),
    judge: router(or_('generate', 'revise'), ['good', 'poor', 'exhausted'], {
      async run({ state: text, request: { audience, max_revisions: most }, model }) {
        const said = await model({
          system:
            'You are an editor. Answer GOOD when a text can go out as it is; else say what to change, briefly.',
          prompt: `Can this go out to ${audience}?\n\n${text.content}`,
        });
        if (/^\W*good\b/i.test(said)) return 'good';
        text.remarks = said;
        return text.revisions < most ? 'poor' : 'exhausted';
      },
    }),
    revise: listen('poor', {
      async run({ state: text, request: { audience }, model }) {
        text.content = await model({
          system: 'You are a writer. Answer with the whole new text and nothing else.',
          prompt: `Revise this text for ${audience}.\n\nWhat the editor says: ${text.remarks}\n\n${text.content}`,
        });
        text.revisions += 1;
      },
    }),
    note_exhausted: listen('exhausted', {
      run({ state: text }) {
        text.verdict = 'exhausted';
      },
    }),
    decide: router(or_('good', 'note_exhausted'), ['approved', 'rejected'], {
      ask: ({ state: text, request: { topic, decide_within_seconds: seconds } }) => ({
        question: `Shall this text about ${topic} go out?\n\n${text.content}`,
        options: [APPROVE, REJECT],
        default: REJECT,
        ...(seconds !== undefined && { timeoutMs: seconds * 1_000 }),
      }),
      run({ state: text }, answer) {
        text.approved = answer === APPROVE;
        return text.approved ? 'approved' : 'rejected';
      },
    }),
    publish: listen('approved', {
      async run({ state: text, request: { publish_url: url, topic }, fetch }) {
        if (url === undefined) return;
        const { status } = await fetch(url, { json: { topic, content: text.content } });
        if (status >= 300) throw new StepFailure(`${new URL(url).host} answered ${status}`);
        text.publish_status = status;
      },
    }),
  }),
  finish: (text, { topic }) => ({
    topic,
    content: text.content,
    revisions: text.revisions,
    verdict: text.verdict,
    approved: text.approved,
    published: text.publish_status !== null,
    publish_status: text.publish_status,
  }),
});

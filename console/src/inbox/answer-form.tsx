import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { answer, api, queries, type QuestionSchema } from '../api/client.ts';
import { readJson, type JsonValue } from '../design/json.ts';
import { ErrorNote } from '../design/notes.tsx';
import './answer-form.css';

/** How an answer is given: by a press where there are options, else by what the question's schema wants. */
export function AnswerForm({ question }: { question: QuestionSchema }): JSX.Element {
  const send = useMutation({
    mutationFn: (given: JsonValue) =>
      answer(
        api.POST('/api/v1/questions/{question_id}/answer', {
          params: { path: { question_id: question.id } },
          body: { answer: given },
        }),
      ),
    onSuccess: async () => {
      await Promise.all(['questions', 'runs'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const give = (given: JsonValue): void => send.mutate(given);
  return (
    <div className="answer-form">
      <Answers question={question} give={give} isSending={send.isPending} />
      {send.error !== null && <ErrorNote error={send.error} />}
    </div>
  );
}

interface AnswersProps {
  question: QuestionSchema;
  give: (answer: JsonValue) => void;
  isSending: boolean;
}

function Answers(props: AnswersProps): JSX.Element {
  const { options, multiple, schema } = props.question;
  if (options !== null && multiple) return <SeveralOf {...props} options={options} />;
  if (options !== null) return <OneOf {...props} options={options} />;
  if (schema !== null && schema['type'] === 'boolean') return <YesOrNo {...props} />;
  return <Written {...props} />;
}

const OneOf = ({ options, give, isSending }: AnswersProps & { options: string[] }): JSX.Element => (
  <div className="answer-form__choices">
    {options.map((option) => (
      <button key={option} type="button" className="button" disabled={isSending} onClick={() => give(option)}>
        {option}
      </button>
    ))}
  </div>
);

const YesOrNo = ({ give, isSending }: AnswersProps): JSX.Element => (
  <div className="answer-form__choices">
    <button type="button" className="button" disabled={isSending} onClick={() => give(true)}>
      Yes
    </button>
    <button type="button" className="button" disabled={isSending} onClick={() => give(false)}>
      No
    </button>
  </div>
);

function SeveralOf({ options, give, isSending }: AnswersProps & { options: string[] }): JSX.Element {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  return (
    <fieldset className="answer-form__several">
      <legend className="visually-hidden">Choose any</legend>
      {options.map((option) => (
        <label key={option} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={({ target }) =>
              setChosen(target.checked ? [...chosen, option] : chosen.filter((one) => one !== option))
            }
          />
          {option}
        </label>
      ))}
      <button
        type="button"
        className="button button--primary"
        disabled={isSending}
        onClick={() => give(options.filter((option) => chosen.includes(option)))}
      >
        Answer
      </button>
    </fieldset>
  );
}

/** Free text; or, where a schema wants something else, JSON of its type. */
function Written({ question, give, isSending }: AnswersProps): JSX.Element {
  const [text, setText] = useState('');
  const type = question.schema?.['type'];
  const isText = question.schema === null || type === 'string';
  const read = isText ? { value: text, error: null } : readJson(text);
  const isNumber = type === 'number' || type === 'integer';
  const acceptsEmpty = question.kind === 'human_input';
  return (
    <form
      className="answer-form__written"
      onSubmit={(event) => {
        event.preventDefault();
        if (read.value !== undefined) give(read.value);
      }}
    >
      <label className="field">
        <span className="visually-hidden">Your answer</span>
        {isNumber ? (
          <input
            className="input"
            inputMode="decimal"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        ) : (
          <textarea
            className="input"
            rows={2}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        )}
        {question.schema !== null && !isNumber && !isText && (
          <span className="field__help">
            JSON that fits <code>{JSON.stringify(question.schema)}</code>
          </span>
        )}
      </label>
      <button
        type="submit"
        className="button button--primary"
        disabled={isSending || read.value === undefined || (text === '' && !acceptsEmpty)}
      >
        {acceptsEmpty && text === '' ? 'Accept it' : 'Answer'}
      </button>
    </form>
  );
}

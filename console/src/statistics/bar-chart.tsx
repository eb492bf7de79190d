import { useId, type JSX } from 'react';
import { useNarrow } from '../design/hooks.ts';
import { ticksOf } from './series.ts';
import './bar-chart.css';

/** One time: its values stand one on the other. */
export interface Bar {
  /** A UTC day, as `2026-11-28`; the year is left out where there is little room. */
  label: string;
  /** One for each of the chart's parts. */
  values: readonly number[];
}

/** What the bars are made of. */
export interface Part {
  name: string;
  tone: 'accent' | 'good' | 'bad';
}

/** In the drawing's own units, which are about a pixel each. */
const WIDTH = { usual: 560, narrow: 340 };
const HEIGHT = 200;
const AXIS = 62;
const FOOT = 22;
const TOP = 8;
/** What a name under a bar takes, with some air. */
const NAME = 42;

interface ChartProps {
  title: string;
  /** What all of it comes to, in a sentence: all that somebody hears who sees no bars. */
  summary: string;
  parts: readonly Part[];
  bars: readonly Bar[];
  /** A value as people read it. */
  format: (value: number) => string;
  /** Whether there are no values between whole numbers. */
  whole?: boolean;
}

/** Bars over time, with the same as a table. */
export function BarChart(props: ChartProps): JSX.Element {
  const { title, summary, parts, bars, format } = props;
  const heading = useId();
  return (
    <section className="card chart" aria-labelledby={heading}>
      <div className="row spread">
        <h2 id={heading}>{title}</h2>
        {parts.length > 1 && (
          <ul className="chart__legend">
            {parts.map(({ name, tone }) => (
              <li key={name} className={`chart__key chart__key--${tone}`}>
                {name}
              </li>
            ))}
          </ul>
        )}
      </div>
      <p className="soft">{summary}</p>
      <Drawing {...props} />
      <details>
        <summary aria-label={`${title} as a table`}>As a table</summary>
        <div className="chart__table" tabIndex={0} role="group" aria-label={`Table: ${title}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                {parts.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {bars.map(({ label, values }) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {parts.map(({ name }, index) => (
                    <td key={name}>{format(values[index] ?? 0)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function Drawing({ title, summary, parts, bars, format, whole = false }: ChartProps): JSX.Element {
  const width = useNarrow() ? WIDTH.narrow : WIDTH.usual;
  const ticks = ticksOf(Math.max(0, ...bars.map(({ values }) => sumOf(values))), whole);
  const top = ticks.at(-1) ?? 1;
  const yOf = (value: number): number => TOP + (HEIGHT - FOOT - TOP) * (1 - value / top);
  const room = (width - AXIS) / Math.max(1, bars.length);
  /** Names under every so many bars, that they do not touch. */
  const every = Math.max(1, Math.ceil(NAME / room));
  return (
    <svg
      className="chart__drawing"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={`${title}. ${summary}`}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line className="chart__line" x1={AXIS} x2={width} y1={yOf(tick)} y2={yOf(tick)} />
          <text className="chart__text" x={AXIS - 6} y={yOf(tick) + 4} textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      {bars.map(({ label, values }, place) => (
        <g key={label} className="chart__bar">
          <title>{`${label}: ${parts.map(({ name }, index) => `${format(values[index] ?? 0)} ${name}`).join(', ')}`}</title>
          <rect
            className="chart__reach"
            x={AXIS + place * room}
            y={TOP}
            width={room}
            height={HEIGHT - FOOT - TOP}
          />
          {parts.map(({ name, tone }, index) => {
            const below = sumOf(values.slice(0, index));
            const value = values[index] ?? 0;
            return (
              <rect
                key={name}
                className={`chart__part chart__part--${tone}`}
                x={AXIS + (place + 0.12) * room}
                width={room * 0.76}
                y={yOf(below + value)}
                height={yOf(below) - yOf(below + value)}
              />
            );
          })}
          {place % every === 0 && AXIS + place * room + NAME <= width + 8 && (
            <text className="chart__text" x={AXIS + place * room} y={HEIGHT - 6}>
              {label.slice(5)}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

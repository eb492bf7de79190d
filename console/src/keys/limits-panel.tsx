import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { answer, api } from '../api/client.ts';

const amount = new Intl.NumberFormat('en');

/** Beyond this share of a limit it is time to look. */
const NEARLY = 0.8;

/** How much of everything that is limited the signed-in person has. */
export function LimitsPanel(): JSX.Element | null {
  const me = useQuery({ queryKey: ['keys', 'limits'], queryFn: () => answer(api.GET('/api/v1/auth/me')) });
  if (me.data === undefined) return null;
  return (
    <section className="card" aria-labelledby="limits">
      <h2 id="limits">Your limits</h2>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Of</th>
            <th scope="col">You have</th>
            <th scope="col">Of at most</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(me.data.limits).map(([name, { maximum, used }]) => (
            <tr key={name}>
              <td className="wide">{name.replaceAll('_', ' ')}</td>
              <td data-label="You have">
                {maximum !== null && used >= maximum * NEARLY ? (
                  <strong>{amount.format(used)}</strong>
                ) : (
                  amount.format(used)
                )}
              </td>
              <td data-label="Of at most">
                {maximum === null ? <span className="soft">no limit</span> : amount.format(maximum)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

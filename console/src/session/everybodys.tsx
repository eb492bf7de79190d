import type { JSX } from 'react';
import { useSignedIn } from './person.ts';

/** For admins: whether a list shows what belongs to others, too. */
export function Everybodys({
  scope,
  onChange,
}: {
  scope: 'mine' | 'all';
  onChange: (scope: 'all' | undefined) => void;
}): JSX.Element | null {
  if (useSignedIn().role !== 'admin') return null;
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={scope === 'all'}
        onChange={({ target }) => onChange(target.checked ? 'all' : undefined)}
      />
      everybody’s
    </label>
  );
}

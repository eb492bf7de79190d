import type { JSX, KeyboardEvent } from 'react';
import './tabs.css';

/** Views of one thing, one at a time; arrow keys go from one to the next. The view itself has `id` as its panel. */
export function Tabs<Name extends string>({
  names,
  chosen,
  onChoose,
  label,
  panel,
}: {
  names: readonly Name[];
  chosen: Name;
  onChoose: (name: Name) => void;
  label: string;
  /** Id of the element that shows the view. */
  panel: string;
}): JSX.Element {
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = names[(names.indexOf(chosen) + step + names.length) % names.length];
    if (next === undefined) return;
    onChoose(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          data-tab={name}
          id={`${panel}-${name}`}
          aria-selected={name === chosen}
          aria-controls={panel}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

import { useEffect, useId, useRef, type JSX, type ReactNode } from 'react';
import './dialog.css';

/** A question in front of everything else; Escape and its first button leave it. Rendered only while it is open. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={heading} onClose={onClose}>
      <div className="dialog__body">
        <h2 id={heading}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

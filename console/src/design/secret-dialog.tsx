import type { JSX } from 'react';
import { CopyButton } from './copy.tsx';
import { Dialog } from './dialog.tsx';
import './secret-dialog.css';

/** A secret that the server tells once. */
export interface Secret {
  title: string;
  /** Null where the server did not tell it again. */
  secret: string | null;
  /** What it is good for, and what to do when it is lost. */
  about: string;
}

/** Shows a secret, this once. */
export const SecretDialog = ({
  shown: { title, secret, about },
  onClose,
}: {
  shown: Secret;
  onClose: () => void;
}): JSX.Element => (
  <Dialog title={title} onClose={onClose}>
    {secret === null ? (
      <p>It was told before and is not told again.</p>
    ) : (
      <>
        <p className="note note--warn">
          <strong>This is shown only once. Keep it in a safe place now.</strong>
          {about}
        </p>
        <code className="code-block secret" tabIndex={0} role="textbox" aria-readonly aria-label="The secret">
          {secret}
        </code>
      </>
    )}
    <div className="dialog__foot">
      {secret !== null && <CopyButton text={secret} />}
      <button type="button" className="button button--primary" onClick={onClose}>
        {secret === null ? 'Close' : 'I have kept it'}
      </button>
    </div>
  </Dialog>
);

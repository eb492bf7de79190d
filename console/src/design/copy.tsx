import { useState, type JSX } from 'react';

/** Copies a text; says so on itself. Browsers let only secure pages copy: elsewhere the text is selected by hand. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }): JSX.Element | null {
  const [copied, setCopied] = useState(false);
  if (!window.isSecureContext) return null;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" className="button button--small" onClick={() => void copy()}>
      {copied ? 'Copied' : label}
    </button>
  );
}

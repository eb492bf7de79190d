import type { JSX } from 'react';
import './badge.css';

/** A state in the API's own word, with its colour; never told by colour alone. */
export const Badge = ({ status }: { status: string }): JSX.Element => (
  <span className={`badge badge--${status}`}>{status.toLowerCase().replaceAll('_', ' ')}</span>
);

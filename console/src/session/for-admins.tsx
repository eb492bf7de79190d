import type { JSX, ReactNode } from 'react';
import { PageHead } from '../design/page-head.tsx';
import { useSignedIn } from './person.ts';

/** A page that only admins see; whoever else has its address is told so. */
export function ForAdmins({ title, children }: { title: string; children: ReactNode }): JSX.Element {
  if (useSignedIn().role === 'admin') return <>{children}</>;
  return (
    <>
      <PageHead title={title} />
      <p className="note note--warn">Only an admin may see this.</p>
    </>
  );
}

import { useState, type JSX, type ReactNode } from 'react';
import MarkdownReader from 'react-markdown';
import gfm from 'remark-gfm';
import './markdown.css';

/**
 * What models and people wrote. HTML in it is text; a link or picture does nothing until somebody asks for it: a model
 * that was talked into leaking what it knows can put that into the address of a picture.
 */
export const Markdown = ({ text }: { text: string }): JSX.Element => (
  <div className="markdown">
    <MarkdownReader
      remarkPlugins={[gfm]}
      skipHtml={false}
      components={{ a: InertLink, img: InertImage, ...HEADINGS }}
    >
      {text}
    </MarkdownReader>
  </div>
);

/** A text's own headings are below those of the page. */
const HEADINGS = {
  h1: ({ children }: { children?: ReactNode }) => <h4>{children}</h4>,
  h2: ({ children }: { children?: ReactNode }) => <h4>{children}</h4>,
  h3: ({ children }: { children?: ReactNode }) => <h5>{children}</h5>,
};

const isWeb = (address: string | undefined): address is string =>
  address !== undefined && /^https?:\/\//i.test(address);

function InertLink({ href, children }: { href?: string | undefined; children?: ReactNode }): JSX.Element {
  const [asked, setAsked] = useState(false);
  if (!isWeb(href)) return <span>{children}</span>;
  if (asked) {
    return (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {href}
      </a>
    );
  }
  return (
    <button
      type="button"
      className="markdown__inert"
      title="Show where this link leads"
      onClick={() => setAsked(true)}
    >
      {children} ↗
    </button>
  );
}

function InertImage({
  src,
  alt,
}: {
  src?: string | Blob | undefined;
  alt?: string | undefined;
}): JSX.Element {
  const [asked, setAsked] = useState(false);
  const address = typeof src === 'string' ? src : undefined;
  const name = alt === undefined || alt === '' ? 'picture' : alt;
  if (!isWeb(address)) return <span>[{name}]</span>;
  if (asked) {
    return (
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {address}
      </a>
    );
  }
  return (
    <button
      type="button"
      className="markdown__inert"
      title="Show where this picture is"
      onClick={() => setAsked(true)}
    >
      🖼 {name}
    </button>
  );
}

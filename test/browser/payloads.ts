/**
 * A hundred ways to bring a script into a page: made by spelling, not copied. Each calls `__ran` with its own number,
 * which a page that shows text as text never does.
 */

const TAGS: readonly ((js: string) => string)[] = [
  (js) => `<script>${js}</script>`,
  (js) => `<SCRIPT >${js}</SCRIPT >`,
  (js) => `<scr<script>ipt>${js}</scr</script>ipt>`,
  (js) => `"><script>${js}</script>`,
  (js) => `'><script>${js}</script>`,
  (js) => `</textarea><script>${js}</script>`,
  (js) => `</title><script>${js}</script>`,
  (js) => `--><script>${js}</script>`,
  (js) => `]]><script>${js}</script>`,
  (js) => `</script><script>${js}</script>`,
  (js) => `<script src="data:text/javascript,${encodeURIComponent(js)}"></script>`,
  (js) => `<svg><script>${js}</script></svg>`,
  (js) => `<math><mtext><script>${js}</script></mtext></math>`,
  (js) => `<template><script>${js}</script></template>`,
  (js) => `<noscript><p title="</noscript><script>${js}</script>">`,
];

const HANDLERS: readonly ((js: string) => string)[] = [
  (js) => `<img src=x onerror="${js}">`,
  (js) => `<img src=x onerror=${js}>`,
  (js) => `<IMG SRC=x OnErRoR='${js}'>`,
  (js) => `<img/src=x/onerror=${js}>`,
  (js) => `" onfocus="${js}" autofocus="`,
  (js) => `' onmouseover='${js}' x='`,
  (js) => `<svg onload="${js}">`,
  (js) => `<svg/onload=${js}>`,
  (js) => `<body onload="${js}">`,
  (js) => `<input autofocus onfocus="${js}">`,
  (js) => `<select autofocus onfocus="${js}"></select>`,
  (js) => `<textarea autofocus onfocus="${js}"></textarea>`,
  (js) => `<details open ontoggle="${js}"><summary>x</summary></details>`,
  (js) => `<video src=x onerror="${js}"></video>`,
  (js) => `<audio src=x onerror="${js}"></audio>`,
  (js) => `<video><source onerror="${js}"></video>`,
  (js) => `<iframe onload="${js}"></iframe>`,
  (js) => `<object data=x onerror="${js}"></object>`,
  (js) => `<embed src=x onload="${js}">`,
  (js) => `<style onload="${js}"></style>`,
  (js) => `<link rel=stylesheet href=x onerror="${js}">`,
  (js) => `<marquee onstart="${js}">x</marquee>`,
  (js) => `<div style="animation-name:x" onanimationstart="${js}">x</div>`,
  (js) => `<p id=x tabindex=1 onfocus="${js}">x</p>`,
  (js) => `<a href="x" onclick="${js}">x</a>`,
];

const ADDRESSES: readonly ((js: string) => string)[] = [
  (js) => `javascript:${js}`,
  (js) => `JaVaScRiPt:${js}`,
  (js) => ` javascript:${js}`,
  (js) => `java\tscript:${js}`,
  (js) => `java&#10;script:${js}`,
  (js) => `&#106;avascript:${js}`,
  (js) => `javascript&colon;${js}`,
  (js) => `vbscript:${js}`,
  (js) => `data:text/html,<script>${js}</script>`,
  (js) => `data:text/html;base64,${Buffer.from(`<script>${js}</script>`).toString('base64')}`,
];

/** Where an address may stand: in HTML and in Markdown. */
const PLACES: readonly ((address: string) => string)[] = [
  (address) => `<a href="${address}">press</a>`,
  (address) => `<iframe src="${address}"></iframe>`,
  (address) => `[press](${address.replaceAll(/\s/g, '')})`,
  (address) => `![seen](${address.replaceAll(/\s/g, '')})`,
  (address) => `[press][1]\n\n[1]: ${address.trim()}`,
  (address) => `<${address.trim()}>`,
];

/** Each with its number in what it calls. */
export const PAYLOADS: readonly string[] = [
  ...TAGS,
  ...HANDLERS,
  ...ADDRESSES.flatMap((address) =>
    PLACES.map(
      (place) =>
        (js: string): string =>
          place(address(js)),
    ),
  ),
].map((make, number) => make(`__ran(${number})`));

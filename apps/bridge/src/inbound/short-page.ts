import type { ServerResponse } from "node:http";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  // The address holds a code that is good for once: nobody learns of it by a link.
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** What a browser shows at the end of a sign-in: a heading, a sentence, and perhaps where to go on. */
export interface ShortPage {
  readonly status?: number;
  readonly title: string;
  readonly text: string;
  readonly link?: {
    readonly to: string;
    readonly words: string;
    /** It is followed at once. */
    readonly isNext?: boolean;
  };
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export function sendShortPage(
  response: ServerResponse,
  { status = 200, title, text, link, headers }: ShortPage,
): true {
  const next = link?.isNext
    ? `<meta http-equiv="refresh" content="0;url=${escaped(link.to)}">`
    : "";
  const onward = link ? `<p><a href="${escaped(link.to)}">${escaped(link.words)}</a></p>` : "";
  response.writeHead(status, { ...HEADERS, ...(headers as Record<string, string>) }).end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">${next}
<title>Trestle</title><style>body{font:16px/1.5 system-ui;margin:20vh auto;max-width:32rem;padding:0 1rem;color-scheme:light dark}</style>
<h1>${escaped(title)}</h1><p>${escaped(text)}</p>${onward}</html>`,
  );
  return true;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter);
}

import { createHash } from "node:crypto";
import { html, type Markup } from "./markup.ts";
import { STYLE } from "./style.ts";

/** The only markup that is no template: it holds no data. */
const STYLE_MARKUP = { text: STYLE } as Markup;
/** What may act in a page: its own style, and nothing else. */
const POLICY = `default-src 'none'; style-src 'sha256-${digest(STYLE)}'; base-uri 'none'; form-action 'none'`;

/** A page as one file: it loads nothing, runs nothing, and can be sent to anybody. */
export function toDocument({
  title,
  body,
}: {
  readonly title: string;
  readonly body: Markup;
}): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${{ text: POLICY } as Markup}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${STYLE_MARKUP}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
  return page.text;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

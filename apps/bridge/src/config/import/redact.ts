import { createScanner } from "jsonc-parser";
import { parse } from "smol-toml";

/** Shorter ones are found in comments by chance. */
const MIN_LENGTH_IN_COMMENTS = 6;
/** In the place of what is not shown. */
export const SHOWN = "••••••";

/** The text of a file with every value that nobody may be shown blotted out, however it is written there. */
export function redact(text: string, format: "json" | "toml", hidden: ReadonlySet<string>): string {
  if (hidden.size === 0) return text;
  const long = [...hidden]
    .filter((value) => value.length >= MIN_LENGTH_IN_COMMENTS)
    .toSorted((a, b) => b.length - a.length);
  const inComment = (comment: string): string =>
    long.reduce((shown, value) => shown.replaceAll(value, SHOWN), comment);
  const inValue = (token: string, value: string | undefined): string =>
    value !== undefined && hidden.has(value) ? `"${SHOWN}"` : token;
  return format === "json"
    ? redactJson(text, inValue, inComment)
    : redactToml(text, inValue, inComment);
}

type InValue = (token: string, value: string | undefined) => string;
type InComment = (comment: string) => string;

function redactJson(text: string, inValue: InValue, inComment: InComment): string {
  const scanner = createScanner(text, false);
  const parts: string[] = [];
  for (;;) {
    scanner.scan();
    const from = scanner.getTokenOffset();
    const token = text.slice(from, from + scanner.getTokenLength());
    if (token === "") return parts.join("");
    if (/^["\d-]/.test(token)) parts.push(inValue(token, scanner.getTokenValue()));
    else parts.push(token.startsWith("/") ? inComment(token) : token);
  }
}

const TOML_TOKEN =
  /"""(?:[^\\]|\\[\s\S])*?"""+|'''[\s\S]*?'''+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|(?<![\w"'.-])[\d.]+(?![\w.-])/g;

function redactToml(text: string, inValue: InValue, inComment: InComment): string {
  return text.replaceAll(TOML_TOKEN, (token) =>
    token.startsWith("#") ? inComment(token) : inValue(token, textOf(token)),
  );
}

function textOf(token: string): string | undefined {
  try {
    return String(parse(`value = ${token}`).value);
  } catch {
    return undefined;
  }
}

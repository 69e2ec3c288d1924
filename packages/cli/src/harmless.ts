/** What acts on a terminal, with the number where it may be a colour; or turns the order in which it is read. */
const ACTING = /\r\n|\p{Cc}(?:\[\d+m)?|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
/** Line ends, tabs, and the styles that our own commands print. */
const KEPT = new Set([
  ...["\r\n", "\n", "\t"],
  ...[1, 2, 22, 31, 32, 33, 39].map((style) => `\u001b[${style}m`),
]);

/**
 * Servers name tools, word errors and write to stderr: what they write is shown on a terminal and does nothing
 * there. Everything else stays as it is.
 */
export function harmless(text: string): string {
  return text.replace(ACTING, (found) => {
    if (KEPT.has(found)) return found;
    const [first = "", ...rest] = found;
    return KEPT.has(first) ? found : `\\u{${first.codePointAt(0)?.toString(16)}}${rest.join("")}`;
  });
}

/** `1 session`, `3 sessions`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Ends of lines that were written as two characters, as in JSON; no part of a path such as `C:\new`. */
const WRITTEN_ENDS = /(?:\\r)?\\n(?![a-z])/g;

/** A text as answers quote it: one line, and not longer than that. */
export function clip(text: string, most = 300): string {
  const line = text.replaceAll(WRITTEN_ENDS, " ").replaceAll(/\s+/g, " ").trim();
  if (line.length <= most) return line;
  return `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

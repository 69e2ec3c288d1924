/** A fenced block of a Markdown page. */
export interface CodeBlock {
  /** The first word after the fence: `sh`, `json`, or nothing. */
  readonly language: string;
  /** The words after it, e.g. `tour background`. */
  readonly marks: readonly string[];
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** The fenced code blocks of a page, in their order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: OpenBlock | undefined;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    if (open === undefined) open = opened(line, index + 1);
    else if (closes(line, open.fence)) {
      blocks.push(closed(open));
      open = undefined;
    } else open.lines.push(line);
  }
  return open === undefined ? blocks : [...blocks, closed(open)];
}

interface OpenBlock {
  readonly fence: string;
  readonly indent: number;
  readonly info: readonly string[];
  readonly line: number;
  readonly lines: string[];
}

function opened(text: string, line: number): OpenBlock | undefined {
  const match = /^( *)(`{3,}|~{3,})\s*([^`]*)$/.exec(text);
  if (match === null) return undefined;
  const [, spaces = "", fence = "", info = ""] = match;
  return { fence, indent: spaces.length, info: info.split(/\s+/).filter(Boolean), line, lines: [] };
}

/** A fence ends at one of the same sign that is at least as long. */
function closes(text: string, fence: string): boolean {
  const trimmed = text.trim();
  return trimmed.length >= fence.length && trimmed === (fence[0] ?? "").repeat(trimmed.length);
}

function closed({ info, indent, line, lines }: OpenBlock): CodeBlock {
  const [language = "", ...marks] = info;
  const text = lines.map((each) => each.replace(new RegExp(`^ {0,${indent}}`), "")).join("\n");
  return { language, marks, text, line };
}

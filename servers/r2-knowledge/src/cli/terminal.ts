import type { ReadStream, WriteStream } from "node:tty";

/** What a command needs of a process; `process` itself fits. */
export interface CliProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY">>;
  readonly stdout: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns">>;
  readonly stderr: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns">>;
  cwd(): string;
  on(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/** Where a person or a script reads what a command has to say. */
export interface Terminal {
  /** To stdout. */
  print(text: string): void;
  /** To stderr, where it does not mix with what a script reads. */
  warn(text: string): void;
  /** Rows under titles, aligned, each no longer than the terminal is wide. */
  table(titles: readonly string[], rows: readonly (readonly string[])[]): void;
}

const GAP = "  ";
const NARROWEST = 8;

export function openTerminal({ stdout, stderr }: Pick<CliProcess, "stdout" | "stderr">): Terminal {
  const columns = Math.min(Math.max(stdout.columns ?? 120, 60), 200);
  const print = (text: string) => void stdout.write(`${harmless(text)}\n`);
  return {
    print,
    warn: (text) => void stderr.write(`${harmless(text)}\n`),
    table(titles, rows) {
      const cells = rows.map((row) =>
        row.map((text) => harmless(text.replace(/\s+/g, " ").trim())),
      );
      const widths = widthsOf([titles, ...cells], columns);
      for (const row of [titles, ...cells]) print(toLine(row, widths));
    },
  };
}

function toLine(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((text, at) => {
      const width = widths[at] ?? 0;
      return (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);
    })
    .join(GAP)
    .trimEnd();
}

/** As wide as the texts; where that is too much, the widest columns give way. */
function widthsOf(rows: readonly (readonly string[])[], columns: number): number[] {
  const count = rows[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, at) =>
    rows.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0),
  );
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, GAP.length * (count - 1)) - columns;
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (excess <= 0 || width <= NARROWEST) return widths;
    widths[widest] = Math.max(NARROWEST, width - excess);
  }
}

/** What acts on a terminal, or turns the order in which it is read: it is shown and does nothing. */
const ACTING = /[^\P{Cc}\n\t]|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

function harmless(text: string): string {
  return text.replace(ACTING, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}

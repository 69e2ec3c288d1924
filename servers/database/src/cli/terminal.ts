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
  readonly columns: number;
  /** To stdout. */
  print(text: string): void;
  /** To stderr, where it does not mix with what a script reads. */
  warn(text: string): void;
  /** A line on stderr that replaces itself, on a terminal only; empty to take it away. */
  status(text: string): void;
  bold(text: string): string;
}

export function openTerminal({ stdout, stderr, env }: CliProcess): Terminal {
  const isColoured = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  let shown = 0;
  const status = (text: string): void => {
    if (stderr.isTTY !== true || (text === "" && shown === 0)) return;
    stderr.write(`\r${text.padEnd(shown)}${text === "" ? "\r" : ""}`);
    shown = text.length;
  };
  const write = (stream: NodeJS.WritableStream, text: string): void => {
    status("");
    stream.write(`${harmless(text)}\n`);
  };
  return {
    columns: Math.min(Math.max(stdout.columns ?? 120, 60), 200),
    print: (text) => write(stdout, text),
    warn: (text) => write(stderr, text),
    status,
    bold: (text) => (isColoured ? `\u001b[1m${text}\u001b[22m` : text),
  };
}

/** What acts on a terminal, with the number where it may be a style; or turns the order in which it is read. */
const ACTING = /\p{Cc}(?:\[\d+m)?|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
/** Line ends, tabs, and the bold of our titles. */
const KEPT = new Set(["\n", "\t", "\u001b[1m", "\u001b[22m"]);

/** Rows and names are written by anybody: they are shown and do nothing. */
function harmless(text: string): string {
  return text.replace(ACTING, (found) => {
    if (KEPT.has(found)) return found;
    const [first = "", ...rest] = found;
    return KEPT.has(first) ? found : `\\u{${first.codePointAt(0)?.toString(16)}}${rest.join("")}`;
  });
}

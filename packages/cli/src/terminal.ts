import type { ReadStream, WriteStream } from "node:tty";
import { harmless } from "./harmless.ts";

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
  // Rows and names are written by anybody: they are shown and do nothing.
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

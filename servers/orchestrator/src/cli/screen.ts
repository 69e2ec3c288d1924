import { harmless } from "@trestle/cli";
import type { Clock } from "@trestle/protocol";
import type { Place } from "./place.ts";

/** Lines that replace themselves on a terminal. */
export interface Screen {
  show(lines: readonly string[]): void;
}

/** Undefined where there is no terminal to draw on. */
export function openScreen({
  process: { stdout, env },
}: Pick<Place, "process">): Screen | undefined {
  if (stdout.isTTY !== true || env.TERM === "dumb") return undefined;
  const columns = Math.max(20, (stdout.columns ?? 80) - 1);
  let height = 0;
  return {
    show(lines) {
      const up = height > 0 ? `\u001b[${height}A` : "";
      // Names and reasons are anybody's: only our own codes reach the terminal.
      const rows = lines.map((line) => `\u001b[2K${shorten(harmless(line), columns)}\n`);
      stdout.write(`${up}${rows.join("")}\u001b[0J`);
      height = lines.length;
    },
  };
}

/** How many lines fit; a guess where the terminal does not say. */
export function rowsOf({ process: { stdout } }: Pick<Place, "process">): number {
  const { rows } = stdout as { rows?: number };
  return Math.max(5, (rows ?? 40) - 2);
}

/** Resolves after `ms`, or at once when the command is to end. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  // A command that watches has nothing else that keeps its process.
  const alive = setInterval(() => {}, 60_000);
  const cancel = clock.after(ms, resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => {
    clearInterval(alive);
    cancel();
  });
}

function shorten(line: string, columns: number): string {
  const letters = [...line];
  return letters.length > columns ? `${letters.slice(0, columns - 1).join("")}…` : line;
}

import type { Clock } from "@trestle/protocol";
import type { Terminal } from "./terminal.ts";

const WIDTH = 24;
const EVERY_MS = 100;

export interface ProgressBar {
  /** `share` from 0 to 1, where the end is known. */
  show(text: string, share?: number): void;
  clear(): void;
}

/** A bar on stderr, ten times a second at most; where stderr is no terminal, nothing. */
export function createProgressBar({ status }: Pick<Terminal, "status">, clock: Clock): ProgressBar {
  let last = Number.NEGATIVE_INFINITY;
  return {
    show(text, share) {
      const now = clock.now();
      if (now - last < EVERY_MS) return;
      last = now;
      status(share === undefined ? text : `${barOf(share)} ${text}`);
    },
    clear: () => status(""),
  };
}

function barOf(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * WIDTH);
  return `[${"#".repeat(full)}${".".repeat(WIDTH - full)}] ${String(Math.round(share * 100)).padStart(3)} %`;
}

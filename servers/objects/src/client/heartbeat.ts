import type { ClientClock } from "./clock.ts";

export interface HeartbeatSettings {
  /** A ping goes out after so many milliseconds. */
  readonly everyMs: number;
  /** If nothing at all was heard so long after a ping, the connection is dead, whatever the network says. */
  readonly withinMs: number;
  /** An attempt that takes longer has failed. */
  readonly connectMs: number;
  /** After so long a connection counts as good, and its next loss as the first. */
  readonly stableMs: number;
}

export const DEFAULT_HEARTBEAT: HeartbeatSettings = {
  everyMs: 15_000,
  withinMs: 10_000,
  connectMs: 10_000,
  stableMs: 10_000,
};

export interface Heartbeat {
  start(): void;
  stop(): void;
  /** True where the text was the answer to a ping, and nothing else. */
  heard(text: string): boolean;
}

export function createHeartbeat(parts: {
  readonly clock: ClientClock;
  readonly settings: HeartbeatSettings;
  readonly ping: string;
  readonly pong: string;
  readonly send: (text: string) => void;
  readonly onSilence: () => void;
}): Heartbeat {
  const { clock, settings } = parts;
  let cancelPing = () => {};
  let cancelSilence: (() => void) | undefined;

  function ping(): void {
    parts.send(parts.ping);
    cancelPing = clock.after(settings.everyMs, ping);
    cancelSilence ??= clock.after(settings.withinMs, parts.onSilence);
  }

  function answered(): void {
    cancelSilence?.();
    cancelSilence = undefined;
  }

  return {
    start() {
      cancelPing = clock.after(settings.everyMs, ping);
    },
    stop() {
      cancelPing();
      answered();
    },
    heard(text) {
      answered();
      return text === parts.pong;
    },
  };
}

import { isDeepStrictEqual } from "node:util";
import { type Clock, type JsonObject, type Logger, messageOf } from "@trestle/protocol";
import type { LiveConfig } from "../config/live.ts";
import type { Core } from "../core.ts";
import type { Observers } from "./observers.ts";
import type { BegunCall, Tracer } from "./tracer.ts";

export interface TelemetryParts {
  readonly live: LiveConfig;
  readonly observers: Observers;
  readonly core: () => Pick<Core, "upstreams" | "running">;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a collector of OpenTelemetry is told. Off, and not even loaded, where none is configured. */
export interface Telemetry {
  /** Follows a call; the parameters with which it goes on. */
  begin(call: BegunCall): JsonObject;
  close(): Promise<void>;
}

/** What is told now, and how that ends. */
interface Telling {
  readonly tracer?: Tracer;
  close(): Promise<void>;
}

/** Resolves when calls are told, where they are to be. */
export async function openTelemetry(parts: TelemetryParts): Promise<Telemetry> {
  const { live, log } = parts;
  let telling: Telling | undefined;
  let turn: Promise<void> = Promise.resolve();

  /** One after the other: what was told before is sent before something else is told. */
  function apply(): void {
    turn = turn.then(async () => {
      const ended = telling;
      telling = undefined;
      await ended?.close();
      const { telemetry } = live.current();
      if (telemetry.endpoint === undefined) return;
      try {
        const { startTelling } = await import("./telling.ts");
        telling = startTelling({ ...telemetry, endpoint: telemetry.endpoint }, parts);
      } catch (error) {
        log.error("telemetry cannot be told", { error: messageOf(error) });
      }
    });
  }

  const unsubscribe = live.subscribe((next, before) => {
    if (!isDeepStrictEqual(next.telemetry, before.telemetry)) apply();
  });
  if (live.current().telemetry.endpoint !== undefined) apply();
  await turn;
  return {
    begin: (call) => telling?.tracer?.begin(call) ?? call.params,
    async close() {
      unsubscribe();
      await turn;
      await telling?.close();
    },
  };
}

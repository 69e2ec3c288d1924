import process from "node:process";
import { isTrestleError, messageOf, silentLogger, systemClock } from "@trestle/protocol";
import { openSwarms } from "../src/swarms/open-swarms.ts";
import { openPostgresSwarms } from "../src/swarms/postgres/open-postgres-swarms.ts";
import type { Asked, Told } from "./_swarm-processes.ts";

/**
 * `POSTGRES WATCH_MS HELD_MS`: one of the processes that share the swarms of a database. It is asked over its channel,
 * and is killed or stopped at some moment. Its clock is as wrong as it is told.
 */
const [url = "", watchMs = "", heldMs = ""] = process.argv.slice(2);
let skew = 0;

const clock = { now: () => systemClock.now() + skew, after: systemClock.after };
const opened = await openPostgresSwarms({ url, clock, log: silentLogger, heldMs: Number(heldMs) });
const { swarms } = await openSwarms({
  store: opened.store,
  clock: opened.clock,
  watchMs: Number(watchMs),
  log: silentLogger,
  checks: new Set(),
  runCheck: async () => {
    throw new Error("no check is configured");
  },
  onEvent: (_swarm, event) => say({ event }),
});

function say(told: Told): void {
  process.send?.(told);
}

async function answer({ number, method, given }: Extract<Asked, { number: number }>) {
  try {
    const call = swarms[method] as (...all: readonly unknown[]) => Promise<unknown>;
    say({ number, answer: await call(...given) });
  } catch (error) {
    const code = isTrestleError(error) ? error.code : "internal";
    say({ number, code, message: messageOf(error) });
  }
}

process.on("message", (asked: Asked) => {
  if ("skew" in asked) skew = asked.skew;
  else void answer(asked);
});
process.on("disconnect", () => process.exit());
say({ ready: true });

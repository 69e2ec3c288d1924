import { appendFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { TrestleError } from "@trestle/protocol";
import { says } from "../src/engine/_engine.ts";
import { openSharedForTest } from "../src/workers/_shared.ts";
import { fails } from "./_world.ts";

/** `FOLDER POSTGRES REDIS LEASE_MS`: one of many workers. It writes down every call, and is killed at some moment. */
const [folder = "", url = "", redis = "", leaseMs = ""] = process.argv.slice(2);
const ledger = join(folder, "calls.jsonl");
const CALL_MS = 150;

await openSharedForTest({
  url,
  redis,
  leaseMs: Number(leaseMs),
  unheardMs: 1_000,
  concurrency: 4,
  async answer({ key }) {
    appendFileSync(ledger, `${JSON.stringify({ key, pid: process.pid })}\n`);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * CALL_MS));
    if (fails(key)) throw new TrestleError("unavailable", "it always fails");
    return says({ key });
  },
});
process.stdout.write("working\n");
// Its timers keep no process alive.
setInterval(() => {}, 60_000);

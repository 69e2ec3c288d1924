/**
 * A server of the legacy era that fails as it is told to, on stdio or HTTP. Arguments: --root=FOLDER (its
 * ledger stands in FOLDER/NAME.attempts and FOLDER/NAME.effects), --name=NAME, --port=PORT (HTTP; 0 chooses
 * one and prints it), --ignores-keys (does a thing anew for the same idempotency key), --chance=FAULT:SHARE,…
 * and --seed=NUMBER (what goes wrong with calls that say nothing of it).
 */
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Fault, isFault } from "./fault.ts";
import { createFaultyHttp } from "./faulty-http.ts";
import { serveFaultyStdio } from "./faulty-stdio.ts";
import { createFaultyTools } from "./faulty-tools.ts";
import { openLedger } from "./ledger.ts";

const flags = process.argv.slice(2);
const flagOf = (name: string): string | undefined =>
  flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
const root = flagOf("root") ?? ".";
const name = flagOf("name") ?? "faulty";
const port = flagOf("port");

const ledger = openLedger(root, name);
// A server that was started again must not fail at the same places.
const seed = Number(flagOf("seed") ?? 1) + ledger.attempts();

const take = createFaultyTools({
  name,
  ledger,
  ignoresKeys: flags.includes("--ignores-keys"),
  chance: chanceOf(flagOf("chance") ?? "", seed),
});

if (port === undefined) serveFaultyStdio(take);
else {
  const server = createFaultyHttp(take, join(root, `${name}.resetting`));
  server.listen(Number(port), "127.0.0.1", () => {
    process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
  });
}

/** `429:0.05,reset_after:0.01` of all calls, by a generator that the seed determines (mulberry32). */
function chanceOf(text: string, seed: number): () => Fault | undefined {
  const shares = text
    .split(",")
    .map((share) => share.split(":"))
    .filter(([fault]) => isFault(fault));
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    let drawn = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    for (const [fault, share] of shares) {
      drawn -= Number(share);
      if (drawn < 0) return fault as Fault;
    }
    return undefined;
  };
}

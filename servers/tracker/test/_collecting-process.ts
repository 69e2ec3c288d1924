/** A tracker that agents deliver to, until it is killed or its input ends. */
import { once } from "node:events";
import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { config } from "../src/config.ts";
import { openState } from "../src/state.ts";

const settings = JSON.parse(process.argv[2] ?? "") as { dataDir: string; agentsAt: string };
const state = await openState({
  config: config.parse({ ...settings, read: false }),
  host: {
    ...{ dataDir: settings.dataDir, clock: systemClock, log: silentLogger },
    publish: () => {},
  },
  version: "0",
});
await state.caughtUp();
process.stdout.write("started\n");
await once(process.stdin.resume(), "end");
await state.close();

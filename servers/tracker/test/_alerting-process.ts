/** Watches one port and tells of it, until it is killed. */
import { randomUUID } from "node:crypto";
import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { resolveAlerts } from "../src/alerts/config.ts";
import { healthSchema } from "../src/health/config.ts";
import { createWatchingHealth } from "../src/health/watching-health.ts";
import { openTestStore, type StorePlace } from "./_stores.ts";

const [place = "{}", port = "", url = ""] = process.argv.slice(2);
const store = await openTestStore(JSON.parse(place) as StorePlace);
const { targets, maintenance, alerts } = healthSchema.parse({
  targets: [{ name: "web", kind: "tcp", host: "127.0.0.1", port: Number(port), fall: 2, rise: 2 }],
  alerts: { webhooks: { ops: { url } }, allowHosts: ["127.0.0.1"] },
});
const health = createWatchingHealth({
  // Faster than anybody may configure it.
  ...{ health: { targets: targets.map((each) => ({ ...each, intervalMs: 40 })), maintenance } },
  ...{ store, alerts: resolveAlerts(alerts, {}), holder: randomUUID(), leaseMs: 200 },
  ...{ clock: systemClock, random: Math.random, newId: randomUUID, log: silentLogger },
  publish: () => {},
  version: "0",
});
await health.start();
process.stdin.resume();
process.stdout.write("started\n");

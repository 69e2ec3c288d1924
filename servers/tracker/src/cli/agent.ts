import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { agentSchema } from "../agent/config.ts";
import { spoolFolder, startAgent } from "../agent/run-agent.ts";
import { readJsonFile } from "../read-json-file.ts";
import { shownTime } from "../reports/time.ts";
import { server } from "../server.ts";
import { type Json, withJson } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { minute, printJson } from "./show.ts";

/** Nothing is read or checked by these commands themselves. */
const NOTHING = { reading: false, health: false };

/** The commands for other hosts, and for running in the background. */
export function addAgent({ program, runs }: TrackerCli): void {
  program
    .command("monitor")
    .description(
      "read, check the targets, tell of alerts and take in what agents deliver, until it is ended; for a service",
    )
    .action(runs(monitor));
  program
    .command("agent")
    .description(
      "read and check on this host, and deliver it to the tracker of another, until it is ended",
    )
    .argument("<file>", "JSON: name, url, key, sources, targets")
    .option("--spool <folder>", "where what is not delivered yet is kept")
    .action(runs(agent));
  const agents = program.command("agents").description("who may deliver to this tracker");
  withJson(agents.command("list").description("list them, and when each was last heard of")).action(
    runs(list),
  );
  withJson(
    agents
      .command("add")
      .description("make a key for a host; the one it had before is void")
      .argument("<name>", "of the host: up to 32 of a-z, 0-9 and -"),
  ).action(runs(add));
  agents
    .command("remove")
    .description("take nothing more of it; what it delivered stays")
    .argument("<name>")
    .action(runs(remove));
}

async function monitor(place: Place): Promise<number> {
  const state = await place.open({ reading: true, health: true });
  await state.caughtUp();
  const url = state.collecting.url();
  place.log.info("watching", url === undefined ? {} : { agents: url });
  await untilEnded(place.signal);
  return EXIT.ok;
}

async function agent(
  place: Place,
  file: string,
  { spool }: { readonly spool?: string },
): Promise<number> {
  const { clock, log, process, dataDir, signal } = place;
  const config = await readJsonFile(resolve(process.cwd(), file), agentSchema);
  const folder =
    spool === undefined ? spoolFolder(dataDir, config.name) : resolve(process.cwd(), spool);
  const started = await startAgent({
    ...{ config, folder, clock, log, environment: process.env, version: server.version },
    ...{ home: place.config.homeDir ?? homedir(), random: Math.random, newId: randomUUID },
  });
  log.info("delivering", { agent: config.name, to: new URL(config.url).origin });
  await untilEnded(signal);
  await started.close();
  return EXIT.ok;
}

/** Timers keep no process alive. */
async function untilEnded(signal: AbortSignal): Promise<void> {
  const hold = setInterval(() => {}, 2 ** 30);
  await new Promise<void>((ended) => {
    if (signal.aborted) ended();
    else signal.addEventListener("abort", () => ended(), { once: true });
  });
  clearInterval(hold);
}

async function list(place: Place, { json }: Json): Promise<number> {
  const known = await (await place.open(NOTHING)).collecting.keys.list();
  const shown = known.map(({ name, addedAt, seenAt }) => ({
    ...{ name, added: shownTime(addedAt) },
    ...(seenAt !== undefined && { seen: shownTime(seenAt) }),
  }));
  const rows = shown.map(({ name, added, seen }) => [
    name,
    minute(added),
    seen ? minute(seen) : "never",
  ]);
  if (json) printJson(place, shown);
  else place.terminal.print(table(["agent", "added", "seen"], rows, place.terminal));
  return EXIT.ok;
}

async function add(place: Place, name: string, { json }: Json): Promise<number> {
  const key = await (await place.open(NOTHING)).collecting.keys.add(name);
  if (json) printJson(place, { name, key });
  else {
    place.terminal.print(key);
    place.terminal.warn(
      "This is the key, told once: set the variable that the agent's file names to it, on that host.",
    );
  }
  return EXIT.ok;
}

async function remove(place: Place, name: string): Promise<number> {
  await (await place.open(NOTHING)).collecting.keys.remove(name);
  place.terminal.print(`${name} may deliver nothing more.`);
  return EXIT.ok;
}

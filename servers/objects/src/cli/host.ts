import { EXIT, TrestleError } from "@trestle/protocol";
import { signToken } from "../auth/tokens.ts";
import { openHttpHost } from "../host/http/http-host.ts";
import { openLocal, openTokenCheck, secretOf } from "../state.ts";
import type { ObjectsCli, Place } from "./place.ts";

const DEFAULT_ADDRESS = "127.0.0.1:4140";
const DAY_MS = 24 * 60 * 60 * 1000;

/** The commands that serve the objects of this home to others. */
export function addHost({ program, runs }: ObjectsCli): void {
  program
    .command("host")
    .description("serve the objects of this home over HTTP and WebSockets, until Ctrl-C")
    .option("--listen <address>", "host:port", DEFAULT_ADDRESS)
    .action(runs(host));
  program
    .command("token")
    .description("make a token for the host of this home, or for a worker with the same secret")
    .argument("<name>", "who it is for: what it does is done in this name")
    .option("--scope <scope...>", "CLASS/ID:METHOD, or @read, @initialize, @delete; * is any", [
      "*/*:*",
    ])
    .option("--days <days>", "how long it is good for", "30")
    .action(runs(token));
}

async function host(place: Place, { listen }: { listen: string }): Promise<number> {
  requireFolder(place);
  const { clock, log, signal, terminal } = place;
  const { objects, classes } = openLocal(place);
  const served = await openHttpHost({
    ...readAddress(listen),
    ...{ objects, clock, log, classes: await classes(), checkToken: await openTokenCheck(place) },
  });
  try {
    terminal.print(`serving ${served.url}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await served.close();
    await objects.close();
  }
  return EXIT.ok;
}

interface TokenFlags {
  readonly scope: readonly string[];
  readonly days: string;
}

async function token(place: Place, name: string, { scope, days }: TokenFlags): Promise<number> {
  const ms = Number(days) * DAY_MS;
  if (!(ms > 0)) throw new TrestleError("invalid_input", "--days takes a number above 0.");
  const expiresAt = place.clock.now() + ms;
  place.terminal.print(await signToken(secretOf(place), { name, scopes: [...scope], expiresAt }));
  return EXIT.ok;
}

function requireFolder({ config }: Place): void {
  if (config.url === undefined) return;
  throw new TrestleError(
    "invalid_config",
    "OBJECTS_URL names the host of others: a host of this home serves a folder. Leave it out.",
  );
}

/** `host:port`, `[::1]:4140`. */
function readAddress(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text);
  const name = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (name !== undefined && port <= 65_535) return { host: name, port };
  throw new TrestleError(
    "invalid_input",
    `--listen ${text}: write host:port, as in ${DEFAULT_ADDRESS}.`,
  );
}

import { Console } from "node:console";
import {
  isTrestleError,
  LOCAL_PRINCIPAL,
  messageOf,
  type ServerInstance,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import { type Flags, parseFlags } from "../config/flags.ts";
import { programOf, renderHelp } from "../config/render.ts";
import type { DefinedServer } from "../define/server.ts";
import { isLoopback, parseHttpAddress } from "./http-address.ts";
import { createPlainHttp } from "./plain-http.ts";
import type { ProcessLike } from "./process-like.ts";
import { createStandaloneHost } from "./standalone-host.ts";
import { readSurroundings, type Surroundings } from "./surroundings.ts";

/** EX_CONFIG of sysexits: the configuration is wrong, starting again will not help. */
const BAD_CONFIG = 78;
/** How long what a tool left open may hold up the end of the process. */
const LAST_MOMENTS_MS = 2_000;

/**
 * Runs a server in its own process: MCP on stdio, or on HTTP with `--http`. Resolves with the exit code
 * once the peer has closed its end or a signal has come. Errors and `--help` call it `program`.
 */
export async function runServer(
  server: DefinedServer,
  process: ProcessLike,
  program: string = programOf(server),
): Promise<number> {
  // A reader of stderr that went away is no reason to end.
  process.stderr.on("error", () => {});
  try {
    const flags = parseFlags(process.argv.slice(2), server.configFields);
    if (flags.help) return print(process, renderHelp(server, program));
    if (flags.version) return print(process, `${server.version}\n`);
    await serve(server, flags, process);
    systemClock.after(LAST_MOMENTS_MS, () => process.exit?.(0));
    return 0;
  } catch (error) {
    const expected = isTrestleError(error);
    const text = expected || !(error instanceof Error) ? messageOf(error) : error.stack;
    process.stderr.write(`${program}: ${text}\n`);
    return expected && error.code === "invalid_config" ? BAD_CONFIG : 1;
  }
}

async function serve(server: DefinedServer, flags: Flags, process: ProcessLike): Promise<void> {
  // A library that prints must not break into the protocol.
  Object.assign(console, new Console(process.stderr));
  const surroundings = readSurroundings(server, flags, process);
  const host = createStandaloneHost({ ...surroundings, clock: systemClock });
  const instance = server.mount(host, surroundings.settings);
  try {
    if (flags.http === undefined) await serveStdio(instance, surroundings, process);
    else await serveHttpAt(flags.http, { server, instance, surroundings, process });
  } finally {
    await instance.close();
    await host.close();
  }
}

async function serveStdio(
  instance: ServerInstance,
  { log }: Surroundings,
  process: ProcessLike,
): Promise<void> {
  const { serveStream } = await import("../serve/stream.ts");
  const serving = serveStream(instance, {
    input: process.stdin,
    output: process.stdout,
    principal: LOCAL_PRINCIPAL,
    log,
  });
  await Promise.race([serving.closed, untilSignal(process)]);
  await serving.close();
}

async function serveHttpAt(
  asked: string | true,
  parts: {
    server: DefinedServer;
    instance: ServerInstance;
    surroundings: Surroundings;
    process: ProcessLike;
  },
): Promise<void> {
  const { server, instance, surroundings, process } = parts;
  const { log, bearerKey } = surroundings;
  const address = parseHttpAddress(asked);
  if (!isLoopback(address.host) && bearerKey === undefined) {
    throw new TrestleError(
      "invalid_config",
      `Serving at ${address.host} lets other machines in: set a key with --key or TRESTLE_KEY, or serve at 127.0.0.1.`,
    );
  }
  const { serveHttp } = await import("../serve/node-http.ts");
  const serving = await serveHttp(instance, {
    ...address,
    ...(bearerKey !== undefined && { bearerKey }),
    log,
    extra: createPlainHttp(server, instance, { needsKey: bearerKey !== undefined }),
  });
  log.info("listening", { url: serving.url, openapi: new URL("/openapi.json", serving.url).href });
  await untilSignal(process);
  await serving.close();
}

function untilSignal(process: ProcessLike): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = () => {
      // The next signal is the system's again: whoever is impatient may end the process at once.
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
      resolve();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}

function print(process: ProcessLike, text: string): number {
  process.stdout.write(text);
  return 0;
}

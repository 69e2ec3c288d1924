import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Logger, silentLogger } from "@trestle/protocol";
import { serveHttp } from "@trestle-mcp/server-kit";
import { startBridgeProcess } from "./bridge-process.ts";
import { mountFixture } from "./fixture.ts";
import { createFixtureHost } from "./host.ts";

/** A way from the suite to the fixture, open until closed. */
interface OpenPath {
  readonly url: string;
  close(): Promise<void>;
}

/** The ways that the suite's clients go; its servers are reached by `CLIENT_PATH`. */
export const SERVER_PATHS = { direct: startDirect, bridge: startBridge } as const;
export const CLIENT_PATH = "client";
export type ServerPathName = keyof typeof SERVER_PATHS;
export type PathName = ServerPathName | typeof CLIENT_PATH;
export const PATH_NAMES: readonly PathName[] = ["direct", "bridge", CLIENT_PATH];

/** The fixture itself, over HTTP. */
async function startDirect(log: Logger = silentLogger): Promise<OpenPath> {
  const folder = await mkdtemp(join(tmpdir(), "trestle-conformance-"));
  const instance = mountFixture(createFixtureHost(folder, log));
  const serving = await serveHttp(instance, { port: 0, log });
  return {
    url: serving.url,
    async close() {
      await serving.close();
      await instance.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The bridge over HTTP, with the fixture behind it on stdio under its own names. */
function startBridge(): Promise<OpenPath> {
  const fixture = fileURLToPath(new URL("./_fixture-stdio.ts", import.meta.url));
  return startBridgeProcess((home) => ({
    mcpServers: { fixture: { command: process.execPath, args: [fixture, join(home, "fixture")] } },
    catalog: { prefix: "never" },
  }));
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Logger, silentLogger } from "@trestle/protocol";
import { serveHttp } from "@trestle-mcp/server-kit";
import { mountFixture } from "./fixture.ts";
import { createFixtureHost } from "./host.ts";

/** A way from the suite to the fixture, open until closed. */
export interface OpenPath {
  readonly url: string;
  close(): Promise<void>;
}

export const PATHS = { direct: startDirect, bridge: startBridge } as const;
export type PathName = keyof typeof PATHS;

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** The fixture itself, over HTTP. */
async function startDirect(log: Logger = silentLogger): Promise<OpenPath> {
  const folder = await mkdtemp(join(tmpdir(), "trestle-conformance-"));
  const instance = mountFixture(createFixtureHost(folder, log), { tasks: true });
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
async function startBridge(): Promise<OpenPath> {
  const home = await mkdtemp(join(tmpdir(), "trestle-conformance-"));
  const config = join(home, "trestle.json");
  await writeFile(config, JSON.stringify(bridgeConfig(home), null, 2));
  const main = fileURLToPath(new URL("../../../../apps/bridge/src/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "serve", "--config", config, "--port", "0"], {
    env: { ...process.env, TRESTLE_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const said: string[] = [];
  const close = async (): Promise<void> => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(kill);
    await rm(home, { recursive: true, force: true });
  };
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`The bridge ${why}:\n${said.join("")}`));
      const hear = (chunk: Buffer): void => {
        said.push(chunk.toString());
        const url = /https?:\/\/[^\s"']+\/mcp\b/.exec(said.join(""))?.[0];
        if (url) resolve(url);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      exited.then(([code]) => fail(`ended with code ${code}`), reject);
      AbortSignal.timeout(START_TIMEOUT_MS).addEventListener("abort", () => fail("did not start"));
    });
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function bridgeConfig(home: string): object {
  const fixture = fileURLToPath(new URL("./_fixture-stdio.ts", import.meta.url));
  return {
    mcpServers: { fixture: { command: process.execPath, args: [fixture, join(home, "fixture")] } },
    catalog: { prefix: "never" },
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A bridge in a process and a home of its own. */
export interface BridgeProcess {
  readonly url: string;
  /** Starts a command of `trestle` for this bridge, and gives what it says line by line until it ends. */
  trestle(...args: string[]): AsyncGenerator<string>;
  close(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("../../../../apps/bridge/src/main.ts", import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/** Starts a bridge over HTTP; its configuration may name the folder that is its home. */
export async function startBridgeProcess(
  configOf: (home: string) => object,
): Promise<BridgeProcess> {
  const home = await mkdtemp(join(tmpdir(), "trestle-conformance-"));
  const config = join(home, "trestle.json");
  await writeFile(config, JSON.stringify(configOf(home), null, 2));
  const env = { ...process.env, TRESTLE_HOME: home };
  const child = spawn(process.execPath, [MAIN, "serve", "--config", config, "--port", "0"], {
    ...{ env, stdio: ["ignore", "pipe", "pipe"] },
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
    return { url, close, trestle: (...args) => linesOf([...args, "--config", config], env) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function* linesOf(args: string[], env: NodeJS.ProcessEnv): AsyncGenerator<string> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...{ env, stdio: ["ignore", "pipe", "inherit"] },
  });
  const exited = once(child, "exit");
  try {
    let text = "";
    for await (const chunk of child.stdout) {
      const lines = `${text}${chunk}`.split("\n");
      text = lines.pop() ?? "";
      yield* lines;
    }
    const [code] = await exited;
    if (code !== 0) throw new Error(`trestle ${args.join(" ")} ended with code ${code}`);
  } finally {
    child.kill();
  }
}

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEveryTest, programOf } from "@trestle/testkit/run";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { kill, processesWith, until } from "./_processes.ts";

const SOURCE = new URL("../src/bin.ts", import.meta.url);
const PROGRAM = await programOf(SOURCE);

/** A folder of its own for one test: configuration, home and whatever its servers write. */
export interface Place {
  readonly root: string;
  readonly home: string;
  readonly configFile: string;
  readonly logFile: string;
  configure(config: object | string): void;
}

/** A process of `trestle`. */
export interface Program {
  readonly process: ChildProcessWithoutNullStreams;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves to the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** A bridge that serves HTTP. */
export interface HttpBridge extends Program {
  readonly url: string;
  readonly startedInMs: number;
}

const places = new Set<string>();
const programs = new Set<Program>();

afterEveryTest(async () => {
  for (const { pid } of programs) kill(pid);
  await Promise.all([...programs].map(({ ended }) => ended));
  programs.clear();
  for (const root of places) {
    for (const pid of processesWith(root)) kill(pid);
    await until("the test's processes are gone", () => processesWith(root).length === 0);
    rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
  places.clear();
});

export function createPlace(config?: object | string): Place {
  const root = mkdtempSync(join(tmpdir(), "trestle-bridge-"));
  places.add(root);
  const configFile = join(root, "trestle.json");
  const configure = (next: object | string): void =>
    writeFileSync(configFile, typeof next === "string" ? next : JSON.stringify(quiet(next)));
  if (config !== undefined) configure(config);
  const home = join(root, "home");
  return { root, home, configFile, logFile: join(home, "bridge", "bridge.log"), configure };
}

/** Lists hold what a test's servers offer, and not the bridge's own tools, unless the test says so. */
function quiet(config: object): object {
  const { catalog = {} } = config as { catalog?: object };
  return { ...config, catalog: { tools: { own: "hidden" }, ...catalog } };
}

/**
 * Starts `trestle ARGS` in the place; besides PATH and Node's cache every variable is its own. `START_SOURCES` among
 * them starts it as its sources, for who looks at them.
 */
export function start(place: Place, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const program = env.START_SOURCES === undefined ? PROGRAM : fileURLToPath(SOURCE);
  const child = spawn(process.execPath, [program, ...args], {
    cwd: place.root,
    env: { ...nodeEnvironment(), HOME: place.root, TRESTLE_HOME: place.home, ...env },
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.on("error", () => {});
  const started = {
    process: child,
    pid: child.pid as number,
    stdout,
    stderr,
    ended: once(child, "close").then(([code, signal]) => code ?? signal),
  };
  programs.add(started);
  return started;
}

/** Runs `trestle ARGS` to its end. */
export async function run(
  place: Place,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<{ code: number | string; stdout: string; stderr: string; tookMs: number }> {
  const started = performance.now();
  const { ended, stdout, stderr } = start(place, args, env);
  const code = await ended;
  return { code, stdout: stdout(), stderr: stderr(), tookMs: performance.now() - started };
}

/** Starts `trestle serve` on a free port and waits for the block that it prints. */
export async function serve(
  place: Place,
  args: readonly string[] = [],
  env?: NodeJS.ProcessEnv,
): Promise<HttpBridge> {
  const started = performance.now();
  const program = start(place, ["serve", "--port", "0", ...args], env);
  await Promise.race([
    until(
      "the bridge prints its block",
      () => program.stdout().includes("any HTTP client"),
      20_000,
    ),
    program.ended.then((code) => {
      throw new Error(`The bridge ended (${code}): ${program.stderr()}${program.stdout()}`);
    }),
  ]);
  const startedInMs = performance.now() - started;
  const url = /address\s+(\S+)/.exec(program.stdout())?.[1] ?? "";
  return { ...program, url, startedInMs };
}

/** The file of a test's server or of the bridge, or nothing where it does not exist yet. */
export function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    // A protocol stream is read by its client; of it only the beginning is kept.
    if (text.length < 1_000_000) text += chunk;
  });
  return () => text;
}

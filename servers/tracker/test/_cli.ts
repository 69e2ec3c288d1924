import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { programOf } from "@trestle/testkit/run";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { runCli } from "../src/cli/main.ts";
import { writeSession } from "./_home.ts";

export const bin = await programOf(new URL("../src/bin.ts", import.meta.url));
const HOUR_MS = 3_600_000;
const FAILURE = "Exit code 1\nTypeError: till is not a function\n    at /srv/shop/till.js:3:1";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** What a process of somebody whose home this is has around it. */
function environmentOf(home: string): Record<string, string> {
  const own = { TRESTLE_HOME: join(home, "own"), TRACKER_HOME_DIR: home, USER: "ada" };
  return { ...nodeEnvironment(), HOME: home, ...own };
}

/** In this process: the same words, streams and exit code, without the start of a program. */
export async function run(
  home: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const code = runCli(words, {
    ...{ argv: ["node", "trestle-tracker", ...words], env: { ...environmentOf(home), ...env } },
    ...{ stdin, stdout, stderr, cwd: () => home, on: () => {}, off: () => {} },
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: (await ended) ?? null, out, error };
}

/** As a program of its own. */
export function runBin(
  home: string,
  words: readonly string[],
  { input = "", env = {} }: { readonly input?: string; readonly env?: Record<string, string> } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, ...words],
      { cwd: home, env: { ...environmentOf(home), ...env } },
      (failure, out, error) =>
        resolve({ code: failure === null ? 0 : Number(failure.code ?? 1), out, error }),
    );
    child.stdin?.end(input);
  });
}

/** A program that goes on until the test ends. */
export function startBin(home: string, words: readonly string[]) {
  const child = spawn(process.execPath, [bin, ...words], { cwd: home, env: environmentOf(home) });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await once(child, "close");
  });
  return {
    ask: (message: object) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    out: () => out,
  };
}

/** Two sessions of a shop, with tasks and an error that was met in both. */
export function writeShop(home: string): void {
  const now = Date.now();
  const first = writeSession(home, "one", { at: now - 5 * HOUR_MS });
  first.ask("Please mend the till");
  first.plan([
    { content: "Mend the till", status: "in_progress" },
    { content: "Write tests for the till", status: "pending" },
    { content: "Read the code", status: "completed" },
  ]);
  first.edit("/srv/shop/till.js");
  first.run("npm test", FAILURE, true);
  const second = writeSession(home, "two", { at: now - 2 * HOUR_MS });
  second.ask("Go on with the till \u001b]0;owned\u0007");
  second.edit("/srv/shop/till.js");
  second.run("npm test", FAILURE, true);
}

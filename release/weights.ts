import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Installation } from "./installation.ts";

/** What each package costs who installs it, as a table in Markdown. */
export async function toWeights(installations: readonly Installation[]): Promise<string> {
  const rows: string[] = [];
  for (const installation of installations) {
    const { member, megabytes, packages, seconds } = installation;
    const start = member.program === undefined ? "–" : await secondStart(installation);
    const figures = [megabytes.toFixed(1), Object.keys(packages).length + 1, seconds.toFixed(1)];
    rows.push(`| ${[member.name, ...figures, start].join(" | ")} |`);
  }
  const head = "| package | MB | packages | `npm i`, s | start, ms |\n|---|--:|--:|--:|--:|";
  return [head, ...rows, ""].join("\n");
}

/** Milliseconds to the first list of tools; of the second start, as hosts do it every day. */
async function secondStart(installation: Installation): Promise<string> {
  await start(installation);
  return (await start(installation)).toFixed(0);
}

const params = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "weights", version: "1.0.0" },
};
const QUESTIONS = [
  { id: 0, method: "initialize", params },
  { method: "notifications/initialized" },
  { id: 1, method: "tools/list", params: {} },
]
  .map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  .join("");

/** By the manifest of the bundle, with everything left as it is. */
async function start({ folder }: Installation): Promise<number> {
  const { server } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    server: { mcp_config: { args: string[] } };
  };
  const fill = (word: string) =>
    word.replace(/\$\{__dirname\}/, folder).replaceAll(/\$\{user_config\.\w+\}/g, "");
  const home = `${folder}.home`;
  mkdirSync(home, { recursive: true });
  const from = performance.now();
  const child = spawn(process.execPath, server.mcp_config.args.map(fill), {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TRESTLE_HOME: join(home, ".trestle") },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  child.stdin.write(QUESTIONS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if ((JSON.parse(line) as { id?: unknown }).id === 1) return performance.now() - from;
    }
    throw new Error(`${folder} ended before it listed its tools.`);
  } finally {
    child.stdin.end();
    await ended;
  }
}

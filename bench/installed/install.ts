import { execFileSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { progress } from "../measure.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What we publish, as `pnpm bench` knows it by folder. */
const MEMBERS = ["./packages/server-kit", "./servers/*", "./apps/bridge"];

/** The smallest server that one would write with the SDK: one tool, on stdio. */
const BARE = `import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";
await serveStdio(() => {
  const server = new McpServer({ name: "bare", version: "1.0.0" });
  const inputSchema = z.object({ text: z.string() });
  server.registerTool("echo", { inputSchema }, ({ text }) => ({ content: [{ type: "text", text }] }));
  return server;
});
`;

const BARE_NEEDS = ["@modelcontextprotocol/server", "zod"];

/** The version that ours are built with. */
function pinned(name: string): string {
  const manifest = join(root, "packages/server-kit/node_modules", name, "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return `${name}@${version}`;
}

/** Builds and packs what we publish, and installs the tarballs by npm into an empty folder that ends with the process. */
export function installPacked(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-bench-installed-")));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const run = (command: string, args: readonly string[], cwd: string) =>
    execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  progress("everything is built and packed");
  run("pnpm", ["build"], root);
  const filters = MEMBERS.flatMap((member) => ["--filter", member]);
  run("pnpm", [...filters, "pack", "--pack-destination", folder], root);
  const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  progress("the tarballs are installed by npm");
  const ours = tarballs.map((name) => `./${name}`);
  run("npm", ["install", "--no-audit", "--no-fund", ...ours, ...BARE_NEEDS.map(pinned)], folder);
  writeFileSync(join(folder, "bare.js"), BARE);
  return folder;
}

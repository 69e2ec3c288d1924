import { execFile } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Installation, LOCK } from "./installation.ts";

/** The official tool, exactly: another day's bundle is packed by the same. */
const TOOL = "@anthropic-ai/mcpb@2.1.2";

/**
 * Packs an installation as the bundle that Claude Desktop installs with one click. The official tool validates the
 * manifest first.
 * @returns the path of the bundle.
 */
export async function packBundle(installation: Installation, folder: string): Promise<string> {
  const { member, folder: installed } = installation;
  cpSync(join(member.folder, "manifest.json"), join(installed, "manifest.json"));
  // It names the folders of the machine that packs.
  rmSync(join(installed, LOCK), { force: true });
  const bundle = join(folder, `${member.program}-${member.version}.mcpb`);
  await mcpb("validate", join(installed, "manifest.json"));
  await mcpb("pack", installed, bundle);
  return bundle;
}

/** Unpacks a bundle as a host does. */
export async function unpackBundle(bundle: string, folder: string): Promise<void> {
  await mcpb("unpack", bundle, folder);
}

async function mcpb(...args: readonly string[]): Promise<void> {
  const words = ["exec", "--yes", `--package=${TOOL}`, "--", "mcpb", ...args];
  await promisify(execFile)("npm", words, { maxBuffer: 64e6 });
}

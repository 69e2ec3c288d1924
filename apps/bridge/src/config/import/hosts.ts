import { TrestleError } from "@trestle/protocol";
import { claudeCode } from "./claude-code.ts";
import { claudeDesktop } from "./claude-desktop.ts";
import { codex } from "./codex.ts";
import { cursor } from "./cursor.ts";
import type { Host } from "./host.ts";
import { vscode } from "./vscode.ts";

export const HOSTS: readonly Host[] = [claudeDesktop, claudeCode, cursor, vscode, codex];

/** The hosts that a person named: one, or `all`. */
export function hostsNamed(name: string): readonly Host[] {
  if (name === "all") return HOSTS;
  const host = HOSTS.find(({ id }) => id === name);
  if (host) return [host];
  const known = [...HOSTS.map(({ id }) => id), "all"].join(", ");
  throw new TrestleError("invalid_input", `"${name}" is no host; known: ${known}.`);
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { verifyChain } from "@trestle/access";
import { TrestleError } from "@trestle/protocol";
import { inspectSqlite } from "@trestle/store";
import { BRIDGE_SCHEMAS } from "../state/schemas.ts";
import { digestOf, HOME, type Manifest, readManifest } from "./manifest.ts";

/**
 * Reads a whole backup. Throws `conflict` naming a file that is not as it was written, and `unsupported` for
 * one that a newer program made.
 */
export async function checkBackup(folder: string, version: string): Promise<Manifest> {
  const manifest = readManifest(folder);
  if (isNewer(manifest.version, version)) {
    throw newer(`${folder} was made by Trestle ${manifest.version}, and this is ${version}`);
  }
  for (const { path, bytes, sha256, schema } of manifest.files) {
    const file = join(folder, HOME, path);
    if (!existsSync(file)) throw damaged(file, "is missing");
    const found = await digestOf(file);
    if (found.bytes !== bytes || found.sha256 !== sha256) throw damaged(file, "was changed");
    if (schema === undefined) continue;
    const { damage } = inspectSqlite(file);
    if (damage !== undefined) throw damaged(file, `is damaged: ${damage}`);
    // Those of servers are known by the version of all of it.
    const known = BRIDGE_SCHEMAS[path];
    if (known !== undefined && schema > known) {
      throw newer(`${file} has schema version ${schema}, and this program knows up to ${known}`);
    }
  }
  const audit = join(folder, HOME, "bridge", "audit");
  if (existsSync(audit)) {
    const verdict = await verifyChain({ folder: audit });
    if (!verdict.ok) throw damaged(audit, `is not intact: ${verdict.explanation}`);
  }
  return manifest;
}

/** By major, minor and patch. */
function isNewer(version: string, than: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.+-]/).slice(0, 3).map(Number);
  const [a, b] = [numbers(version), numbers(than)];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0);
}

function damaged(file: string, what: string): TrestleError {
  return new TrestleError(
    "conflict",
    `${file} ${what}. Take another backup; nothing was restored.`,
  );
}

function newer(what: string): TrestleError {
  return new TrestleError("unsupported", `${what}. Upgrade this program; nothing was restored.`);
}

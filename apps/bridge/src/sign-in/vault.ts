import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Sealer } from "@trestle/access";
import type { JsonValue } from "@trestle/protocol";
import type { Kept, Vault } from "@trestle/upstream/oauth";
import { replaceFile } from "../config/import/atomic-file.ts";

/** Where the credentials of one place are, sealed: nobody reads them who has not the home's sealing key. */
export function openVault(file: string, sealer: Sealer, context: string): Vault {
  let text = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  return {
    async read() {
      if (text === undefined) return undefined;
      // What a lost or replaced key sealed is of no use any more: the person signs in again.
      try {
        return sealer.open(text, { context }) as unknown as Kept;
      } catch {
        return undefined;
      }
    },
    async write(kept) {
      const next = sealer.seal(kept as unknown as JsonValue, { context });
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      text = existsSync(file) ? readFileSync(file, "utf8") : undefined;
      replaceFile(file, text, next);
      text = next;
    },
  };
}

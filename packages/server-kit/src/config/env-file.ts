import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { messageOf, TrestleError } from "@trestle/protocol";

/** The variables of the file named, which must exist, or of `.env` in the folder, which may not. */
export function readEnvFile(named: string | undefined, folder: string): Record<string, string> {
  const file = named ?? join(folder, ".env");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (named === undefined) return {};
    throw new TrestleError("invalid_config", `Cannot read --env-file ${file}: ${messageOf(error)}`);
  }
  return parseEnv(text) as Record<string, string>;
}

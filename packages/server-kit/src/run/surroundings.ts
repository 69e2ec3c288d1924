import { homedir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@trestle/protocol";
import { readEnvFile } from "../config/env-file.ts";
import type { Flags } from "../config/flags.ts";
import { type RawSettings, secretValues } from "../config/parse.ts";
import type { DefinedServer } from "../define/server.ts";
import { createLogger, logLevelOf } from "../log.ts";
import type { ProcessLike } from "./process-like.ts";

/** Everything a run reads from its surroundings: flags before environment before `.env`, here and in its own folder. */
export interface Surroundings {
  readonly settings: RawSettings;
  readonly dataDir: string;
  readonly bearerKey?: string;
  readonly bridge?: { readonly url: string; readonly key?: string };
  readonly log: Logger;
}

export function readSurroundings(
  server: DefinedServer,
  flags: Flags,
  process: ProcessLike,
): Surroundings {
  const fromFile = readEnvFile(flags.envFile, process.cwd());
  // Set but empty means not set.
  const readHere = (name: string) => process.env[name] || fromFile[name] || undefined;
  const dataDir = join(readHere("TRESTLE_HOME") ?? join(homedir(), ".trestle"), server.name);
  // What holds wherever it is started: hosts start servers in folders of their choice.
  const everywhere = readEnvFile(undefined, dataDir);
  const read = (name: string) => readHere(name) || everywhere[name] || undefined;
  const fields = server.configFields;
  const settings: Record<string, string | undefined> = {
    TRESTLE_PROFILE: flags.profile ?? read("TRESTLE_PROFILE"),
  };
  for (const { env } of fields) settings[env] = flags.settings[env] ?? read(env);
  const bearerKey = flags.key ?? read("TRESTLE_KEY");
  const bridgeUrl = read("MCP_BRIDGE_URL");
  const bridgeKey = read("MCP_API_KEY");
  return {
    settings,
    dataDir,
    ...(bearerKey !== undefined && { bearerKey }),
    ...(bridgeUrl !== undefined && {
      bridge: { url: bridgeUrl, ...(bridgeKey !== undefined && { key: bridgeKey }) },
    }),
    log: createLogger({
      stderr: process.stderr,
      level: logLevelOf({ verbose: flags.verbose, debug: read("DEBUG") }),
      secrets: [...secretValues(fields, settings), bearerKey, bridgeKey].filter(
        (secret) => secret !== undefined,
      ),
    }),
  };
}

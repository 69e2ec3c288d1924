import { join } from "node:path";
import type { ConfigChecks } from "./checks.ts";
import { readMemory, writeMemory } from "./memory-file.ts";
import { type Config, type LoadOptions, readConfig } from "./read.ts";
import { isRemembered, recordChecks, rememberedChecks, UnrememberedError } from "./remembered.ts";
import { createSecretRegister } from "./secret-register.ts";

export interface StartOptions extends LoadOptions {
  /** Of the bridge: another one may check otherwise. */
  readonly version: string;
}

/**
 * As `loadConfig`, for what is started every day: where a file was found good before, the schema is not
 * asked again and not even loaded. Whatever is not as it was makes it be asked.
 */
export async function loadAtStart({ version, ...given }: StartOptions): Promise<Config> {
  // What a command printed is not asked of it twice.
  const options = { ...given, secrets: given.secrets ?? createSecretRegister() };
  try {
    return readConfig(options, checksOfMemory(version));
  } catch {
    // Also where it is bad: the schema has the words for it, and the lines.
    return readAnew(options, version);
  }
}

function checksOfMemory(version: string): ConfigChecks {
  let known: ConfigChecks | undefined;
  return {
    file(asked) {
      const remembered = readMemory(fileOf(asked.home), [version, asked.text]);
      if (!isRemembered(remembered)) throw new UnrememberedError("nothing is remembered");
      known = rememberedChecks(remembered);
      return known.file(asked);
    },
    entry: (asked) => known?.entry(asked),
  };
}

async function readAnew(options: LoadOptions, version: string): Promise<Config> {
  const { schemaChecks } = await import("./schema-checks.ts");
  const recorder = recordChecks(schemaChecks);
  let text: string | undefined;
  const config = readConfig(options, {
    ...recorder.checks,
    file(asked) {
      ({ text } = asked);
      return recorder.checks.file(asked);
    },
  });
  const remembered = recorder.remembered();
  // Secrets stand in the file and nowhere else.
  if (remembered && !config.secrets.areIn(JSON.stringify(remembered)))
    writeMemory(fileOf(config.home), [version, text], remembered);
  return config;
}

function fileOf(home: string): string {
  return join(home, "bridge", "checked-config.json");
}

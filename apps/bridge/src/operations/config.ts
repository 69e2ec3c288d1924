import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  nearestName,
  TrestleError,
} from "@trestle/protocol";
import * as z from "zod";
import { changeConfigFile } from "../config/change-file.ts";
import { parseDocument } from "../config/document.ts";
import { type EffectiveKey, effectiveKeys } from "../config/effective.ts";
import type { BridgeFile } from "../config/import/bridge-file.ts";
import { changeJson, valueAt } from "../config/import/json-edit.ts";
import { SHOWN } from "../config/import/redact.ts";
import type { Core } from "../core.ts";
import { configAnswer, configChanged } from "./answers/configuration.ts";
import { NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { asInput, presentChange } from "./server-admin.ts";

const keyField = z
  .string()
  .regex(/^[^.]+(\.[^.]+)*$/, "must be a key such as policy.retry.retries")
  .describe("A key of trestle.json, its parts with dots between them.");

export const configGet = defineOperation({
  name: "config_get",
  title: "Configuration",
  description:
    "What every key of the configuration stands at, and where that comes from: without secrets.",
  input: z.object({ key: keyField.optional().describe("Only this key and what is below it.") }),
  output: configAnswer,
  hints: NO_EFFECT,
  needs: "admin",
  async run({ key }, _context, core) {
    const config = core.live.current();
    const all = effectiveKeys(config);
    const shown = key === undefined ? all : all.filter((each) => isAtOrBelow(each.key, key));
    const found = shown.length > 0 || key === undefined ? shown : [partOf(all, key)];
    return given({ file: config.file, keys: found.map(presentKey) }) as JsonObject;
  },
});

const CHANGES = { readOnly: false, destructive: false, idempotent: true, openWorld: false };

export const configSet = defineOperation({
  name: "config_set",
  title: "Set a key of the configuration",
  description: "Writes one key into trestle.json, if the bridge could go by the whole of it.",
  input: z.object({
    key: keyField,
    value: z.json().describe("As the file is to have it: references stay references."),
  }),
  untouched: ["value"],
  output: configChanged,
  hints: CHANGES,
  needs: "admin",
  subject: ({ key }) => ({ key }),
  async run({ key, value }, _context, core) {
    if (JSON.stringify(value).includes(SHOWN)) {
      throw invalid(
        `value: "${SHOWN}" is shown in the place of a secret. Write the secret itself.`,
      );
    }
    return change(key, core, (file, section, name) =>
      changeJson(textOf(file), section, { add: { [name]: value as JsonValue } }, file.path),
    );
  },
});

export const configUnset = defineOperation({
  name: "config_unset",
  title: "Unset a key of the configuration",
  description: "Takes one key out of trestle.json: from then on its default holds.",
  input: z.object({ key: keyField }),
  output: configChanged,
  hints: { ...CHANGES, destructive: true },
  needs: "admin",
  subject: ({ key }) => ({ key }),
  run: ({ key }, _context, core) =>
    change(key, core, (file, section, name) => {
      if (valueIn(file, [...section, name]) === undefined) throw notThere(key, file);
      return changeJson(textOf(file), section, { remove: [name] }, file.path);
    }),
});

async function change(
  key: string,
  core: Core,
  edit: (file: BridgeFile, section: readonly string[], name: string) => string,
): Promise<JsonObject> {
  const parts = key.split(".");
  const [section, name = ""] = [parts.slice(0, -1), parts.at(-1)];
  const done = await asInput(
    changeConfigFile(core, (file) => {
      refuseInside(file, section, key);
      return edit(file, section, name);
    }),
  );
  const [standing] = effectiveKeys(core.live.current()).filter((each) =>
    isAtOrBelow(key, each.key),
  );
  return given({
    key,
    ...presentChange(done),
    now: standing && presentKey(standing),
  }) as JsonObject;
}

/** Only members of objects can be written one by one. */
function refuseInside(file: BridgeFile, section: readonly string[], key: string): void {
  for (let length = 1; length <= section.length; length += 1) {
    const above = section.slice(0, length);
    const value = valueIn(file, above);
    if (value === undefined || isJsonObject(value)) continue;
    throw invalid(`key: ${above.join(".")} holds a single value: set that, not ${key}.`);
  }
}

function valueIn({ before, path }: BridgeFile, at: readonly string[]): JsonValue | undefined {
  if (!before?.trim()) return undefined;
  return valueAt(parseDocument(before, path).value, at) as JsonValue | undefined;
}

function textOf({ before }: BridgeFile): string {
  return before?.trim() ? before : "{}\n";
}

function isAtOrBelow(key: string, above: string): boolean {
  return key === above || key.startsWith(`${above}.`);
}

/** A part of what one key holds, such as one entry of `mcpServers`. */
function partOf(all: readonly EffectiveKey[], key: string): EffectiveKey {
  const around = all.find((each) => isAtOrBelow(key, each.key));
  const below = around && key.slice(around.key.length + 1).split(".");
  const value = below && (valueAt(around?.value, below) as JsonValue | undefined);
  if (around && value !== undefined) return { ...around, key, value };
  const known = all.map((each) => each.key);
  const near = nearestName(key, known);
  const advice = near ? `Did you mean "${near}"?` : "Ask for all of them.";
  throw new TrestleError("not_found", `There is no key ${key}, or nothing is set there. ${advice}`);
}

function presentKey({ key, value, source, where, pending, meaning }: EffectiveKey): JsonObject {
  return given({ key, value, source, where, pending, meaning }) as JsonObject;
}

function notThere(key: string, { path }: BridgeFile): TrestleError {
  return new TrestleError("not_found", `${path} does not set ${key}: its default holds already.`);
}

function invalid(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}

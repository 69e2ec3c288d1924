import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { type ConfigDocument, type KeyPath, parseDocument } from "./document.ts";
import { variableFor } from "./environment.ts";
import { readWhole } from "./import/atomic-file.ts";
import { valueAt } from "./import/json-edit.ts";
import { SHOWN } from "./import/redact.ts";
import { hiddenValues } from "./import/secrets.ts";
import type { Config } from "./load.ts";
import { bridgeSchema } from "./schema.ts";

/** What one key of the configuration stands at, and who says so. */
export interface EffectiveKey {
  readonly key: string;
  /** Without secrets; nothing where it is not set. */
  readonly value?: JsonValue;
  readonly source: "default" | "file" | "environment" | "command line";
  /** File and line, or the name of the variable. */
  readonly where?: string;
  /** What the file says, where that takes effect at the next start of the bridge. */
  readonly pending?: JsonValue;
  readonly meaning: string;
}

interface SchemaNode {
  readonly description?: string;
  readonly shape?: Record<string, SchemaNode>;
  readonly def: { readonly innerType?: SchemaNode };
}

/** Keys whose values are shown as the file has them: what became of their references is secret. */
const AS_WRITTEN = [
  ...["$schema", "mcpServers", "http.key", "events.webhooks"],
  ...["store.redis", "store.postgres"],
  ...["access.oauth.login.clientId", "access.oauth.login.clientSecret"],
];
/** Whatever stands there was given to the bridge to keep, unless it is a reference. */
const SECRET = ["http.key", "store.redis", "store.postgres", "access.oauth.login.clientSecret"];

/** Every key of the bridge, in the order of the schema. */
export function effectiveKeys(config: Config): EffectiveKey[] {
  const document = config.file === undefined ? undefined : readDocument(config.file);
  const hide = hider(document?.value, config);
  return keysOf(bridgeSchema as unknown as SchemaNode, []).map(({ path, meaning }) => {
    const key = path.join(".");
    const written = valueAt(document?.value, path) as JsonValue | undefined;
    const known = AS_WRITTEN.includes(key)
      ? written
      : (valueAt(config, path) as JsonValue | undefined);
    const value = known === undefined ? {} : { value: hide(key, known) };
    if (config.given?.includes(key)) return { key, ...value, source: "command line", meaning };
    const variable = variableFor(key, config.env);
    if (variable !== undefined) {
      return { key, ...value, source: "environment", where: variable, meaning };
    }
    if (written === undefined) return { key, ...value, source: "default", meaning };
    const where = `${document?.path}:${document?.lineOf(path)}`;
    const isPending = !AS_WRITTEN.includes(key) && !contains(known, written);
    const pending = isPending ? { pending: hide(key, written) } : {};
    return { key, ...value, source: "file", where, ...pending, meaning };
  });
}

function readDocument(path: string): ConfigDocument | undefined {
  const text = readWhole(path);
  try {
    return text === undefined ? undefined : parseDocument(text, path);
  } catch {
    // It is being edited; what holds is what was read before.
    return undefined;
  }
}

/** Every leaf: what a person may set. */
function keysOf(schema: SchemaNode, path: KeyPath): { path: KeyPath; meaning: string }[] {
  return Object.entries(unwrap(schema).shape ?? {}).flatMap(([name, node]) => {
    const at = [...path, name];
    return unwrap(node).shape ? keysOf(node, at) : [{ path: at, meaning: node.description ?? "" }];
  });
}

function unwrap(node: SchemaNode): SchemaNode {
  return node.shape || !node.def.innerType ? node : unwrap(node.def.innerType);
}

/** Does the value say all that was written? The schema may have added to it. */
function contains(value: JsonValue | undefined, written: JsonValue | undefined): boolean {
  if (!isJsonObject(value) || !isJsonObject(written)) return isDeepStrictEqual(value, written);
  return Object.entries(written).every(([key, part]) => contains(value[key], part));
}

/** Puts something else in the place of every secret. */
function hider(document: unknown, { secrets }: Config) {
  const hidden = hiddenValues(document ?? {});
  const shown = (value: JsonValue, isSecret: boolean): JsonValue => {
    if (typeof value === "string") {
      const isHidden = hidden.has(value) || secrets.areIn(JSON.stringify(value));
      return isHidden || (isSecret && !value.includes("${")) ? SHOWN : value;
    }
    if (Array.isArray(value)) return value.map((item) => shown(item, isSecret));
    if (!isJsonObject(value)) return hidden.has(String(value)) ? SHOWN : value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        item === undefined ? item : shown(item, isSecret),
      ]),
    );
  };
  return (key: string, value: JsonValue): JsonValue => {
    return key === "events.webhooks"
      ? maskWebhooks(value, shown)
      : shown(value, SECRET.includes(key));
  };
}

/** The address of a channel is the right to write to it. */
function maskWebhooks(
  value: JsonValue,
  shown: (value: JsonValue, isSecret: boolean) => JsonValue,
): JsonValue {
  if (!isJsonObject(value)) return value;
  const mask = (webhook: JsonValue | undefined): JsonValue => {
    if (!isJsonObject(webhook)) return webhook ?? null;
    const parts = Object.entries(webhook).map(([key, item]): [string, JsonValue] => {
      const isSecret = ["url", "secret", "token", "apiKey"].includes(key);
      return [key, item === undefined ? null : shown(item, isSecret)];
    });
    return Object.fromEntries(parts) as JsonObject;
  };
  return Object.fromEntries(Object.entries(value).map(([id, webhook]) => [id, mask(webhook)]));
}

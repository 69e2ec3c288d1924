import { TrestleError } from "@trestle/protocol";
import { isOrigin } from "./origin.ts";
import type { BridgeSettings } from "./schema.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Names of the environment that people may have from elsewhere. Each wins over the file. */
export function withEnvironment(settings: BridgeSettings, env: Environment): BridgeSettings {
  const { policy, http } = settings;
  const enabled = read(env, "MCP_CACHE_ENABLED", toSwitch);
  const ttlMs = read(env, "MCP_CACHE_DEFAULT_TTL", toSeconds);
  const retries = read(env, "MCP_MAX_RETRIES", toCount);
  const baseMs = read(env, "MCP_RETRY_DELAY_BASE", toDelay);
  const allowedOrigins = read(env, "ALLOWED_ORIGINS", toOrigins);
  return {
    ...settings,
    http: { ...http, ...(allowedOrigins && { allowedOrigins }) },
    policy: {
      ...policy,
      cache: {
        ...policy.cache,
        ...(enabled === undefined ? {} : { enabled }),
        ...(ttlMs === undefined ? {} : { ttlMs }),
      },
      retry: {
        ...policy.retry,
        ...(retries === undefined ? {} : { retries }),
        ...(baseMs === undefined ? {} : { baseMs }),
      },
    },
  };
}

/** By the key that each decides, where it is set. */
const VARIABLES: Readonly<Record<string, string>> = {
  "policy.cache.enabled": "MCP_CACHE_ENABLED",
  "policy.cache.ttlMs": "MCP_CACHE_DEFAULT_TTL",
  "policy.retry.retries": "MCP_MAX_RETRIES",
  "policy.retry.baseMs": "MCP_RETRY_DELAY_BASE",
  "http.allowedOrigins": "ALLOWED_ORIGINS",
};

/** The variable that decides a key of the configuration now. */
export function variableFor(key: string, env: Environment): string | undefined {
  const name = VARIABLES[key];
  return name !== undefined && env[name]?.trim() ? name : undefined;
}

type Parsed<Value> = { readonly value: Value } | { readonly expected: string };

/** An empty variable is none: shells and containers make them by the dozen. */
function read<Value>(
  env: Environment,
  name: string,
  parse: (text: string) => Parsed<Value>,
): Value | undefined {
  const text = env[name]?.trim();
  if (!text) return undefined;
  const parsed = parse(text);
  if ("value" in parsed) return parsed.value;
  const message = `${name}: must be ${parsed.expected}, not ${JSON.stringify(text)}.`;
  throw new TrestleError("invalid_config", message);
}

function toSwitch(text: string): Parsed<boolean | "all"> {
  const word = text.toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return { value: true };
  if (["false", "0", "no", "off"].includes(word)) return { value: false };
  return word === "all" ? { value: "all" } : { expected: "true, false or all" };
}

function toSeconds(text: string): Parsed<number> {
  const seconds = Number(text);
  return seconds > 0 && Number.isFinite(seconds)
    ? { value: Math.max(1, Math.round(seconds * 1000)) }
    : { expected: "a number of seconds above 0" };
}

function toCount(text: string): Parsed<number> {
  return /^\d{1,6}$/.test(text) ? { value: Number(text) } : { expected: "a whole number from 0" };
}

/** Nobody waits one millisecond, nor a thousand seconds: a bare number below 60 is in seconds. */
const BARE_SECONDS_BELOW = 60;

function toDelay(text: string): Parsed<number> {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s)?$/.exec(text) ?? [];
  const number = Number(digits);
  const isSeconds = unit === undefined ? number < BARE_SECONDS_BELOW : unit === "s";
  const value = Math.round(isSeconds ? number * 1000 : number);
  return value > 0
    ? { value }
    : { expected: 'a delay such as "500ms" or "1s" (a bare number below 60 is in seconds)' };
}

function toOrigins(text: string): Parsed<string[]> {
  const origins = text.split(",").flatMap((part) => part.trim() || []);
  return origins.every(isOrigin)
    ? { value: origins }
    : { expected: 'origins such as "https://app.example.com", with commas between them' };
}

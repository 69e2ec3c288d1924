import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseCommandLine } from "@trestle/process";
import { messageOf, nearestName, TrestleError } from "@trestle/protocol";
import * as z from "zod";

const name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be a name: letters, digits, _ and -");
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable");
const command = z
  .union([z.string().min(1), z.array(z.string()).min(1)])
  .transform((given) =>
    typeof given === "string" ? parseCommandLine(given) : (given as [string]),
  );

const HOUR = 3_600_000;
const timeoutMs = z
  .int()
  .min(1)
  .max(24 * HOUR);
const bounds = {
  timeoutMs: timeoutMs.default(HOUR),
  maxOutputMb: z.int().min(1).max(1_000).default(50),
  maxMemoryMb: z.int().min(16).max(1_000_000).default(8_192),
};
const environment = {
  /** Added to the few variables that every program gets. */
  env: z.record(variable, z.string()).default({}),
  /** Names of our own variables that are passed on. */
  passEnv: z.array(variable).default([]),
};

const processProfile = z.strictObject({
  kind: z.literal("process"),
  command,
  /** Without one it works in an empty folder, and only what it says counts. */
  repository: name.optional(),
  output: z.enum(["text", "claude-json"]).default("text"),
  capabilities: z.array(z.string()).default([]),
  ...environment,
  ...bounds,
});

const modelProfile = z.strictObject({
  kind: z.literal("model"),
  provider: z.enum(["anthropic", "openai"]),
  model: z.string().min(1),
  /** By default that of the provider. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** The variable that holds the key; local servers want none. */
  keyEnv: variable.optional(),
  /** `SERVER.TOOL`, in which * stands for anything. */
  tools: z.array(z.string().min(1)).default([]),
  system: z.string().optional(),
  capabilities: z.array(z.string()).default([]),
  maxOutputTokens: z.int().min(32).max(1_000_000).default(8_192),
  maxResultLength: z.int().min(100).max(1_000_000).default(20_000),
  timeoutMs: timeoutMs.default(600_000),
  retries: z.int().min(0).max(20).default(4),
  /** Dollars for a million tokens; wanted where a budget of money is to hold. */
  price: z.strictObject({ input: z.number().min(0), output: z.number().min(0) }).optional(),
  /** Of one task. */
  budget: z
    .strictObject({
      calls: z.int().min(1).default(100),
      tokens: z.int().min(1).optional(),
      money: z.number().positive().optional(),
      wallMs: z.int().min(1).optional(),
    })
    .prefault({}),
});

const repository = z.strictObject({
  path: z.string().min(1),
  target: z.string().min(1).default("main"),
  mode: z.enum(["merge", "rebase"]).default("merge"),
  /** What has to pass before anything is merged: the name of a check. */
  check: name.optional(),
  onConflict: z.enum(["retry", "review"]).default("retry"),
  /** How long a merge waits for a checkout of the target that has changes. */
  holdMs: z
    .int()
    .min(0)
    .max(24 * HOUR)
    .default(60_000),
});

const check = z.strictObject({
  command,
  /** In whose commit it runs; without one in an empty folder. */
  repository: name.optional(),
  ...environment,
  ...bounds,
});

const file = z.strictObject({
  profiles: z
    .record(name, z.discriminatedUnion("kind", [processProfile, modelProfile]))
    .default({}),
  repositories: z.record(name, repository).default({}),
  checks: z.record(name, check).default({}),
});

/** What the operator lets agents be. Nothing in it comes from a call. */
export type AgentsConfig = z.output<typeof file>;
export type ProcessProfileConfig = z.output<typeof processProfile>;
export type ModelProfileConfig = z.output<typeof modelProfile>;
export type CheckConfig = z.output<typeof check>;

/**
 * Reads the operator's file. Paths in it are seen from where it stands.
 *
 * @throws TrestleError `invalid_config` naming what is wrong
 */
export function readAgentsConfig(path: string): AgentsConfig {
  try {
    return toAgentsConfig(JSON.parse(readFileSync(path, "utf8")), dirname(resolve(path)));
  } catch (error) {
    throw new TrestleError("invalid_config", `${path} cannot be used: ${messageOf(error)}`);
  }
}

/** @throws TrestleError `invalid_config` */
export function toAgentsConfig(given: unknown, folder: string): AgentsConfig {
  const parsed = file.safeParse(given);
  if (!parsed.success) throw new TrestleError("invalid_config", z.prettifyError(parsed.error));
  const config = parsed.data;
  for (const [key, { repository: of }] of [...programs(config), ...Object.entries(config.checks)]) {
    if (of !== undefined) find(config.repositories, of, `repository of "${key}"`);
  }
  for (const [key, { check: of }] of Object.entries(config.repositories)) {
    if (of !== undefined) find(config.checks, of, `check of "${key}"`);
  }
  for (const [key, profile] of Object.entries(config.profiles)) {
    if (profile.kind === "model" && profile.budget.money !== undefined && !profile.price) {
      const words = `Profile "${key}" has a budget of money and no price: say what a million tokens cost.`;
      throw new TrestleError("invalid_config", words);
    }
  }
  const repositories = Object.entries(config.repositories).map(([key, one]) => [
    key,
    { ...one, path: resolve(folder, one.path) },
  ]);
  return { ...config, repositories: Object.fromEntries(repositories) };
}

/** One of the operator's things by its name; throws with the code. */
export function find<Thing>(
  all: Readonly<Record<string, Thing>>,
  key: string,
  what: string,
  code: "invalid_config" | "invalid_input" = "invalid_config",
): Thing {
  if (Object.hasOwn(all, key)) return all[key] as Thing;
  const near = nearestName(key, Object.keys(all));
  const known = Object.keys(all).join(", ") || "none";
  throw new TrestleError(
    code,
    `There is no ${what} "${key}"; ${near === undefined ? `there are: ${known}` : `did you mean "${near}"?`}`,
  );
}

function programs({ profiles }: AgentsConfig): [string, ProcessProfileConfig][] {
  return Object.entries(profiles).flatMap(([key, profile]) =>
    profile.kind === "process" ? [[key, profile] as [string, ProcessProfileConfig]] : [],
  );
}

import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  LOCAL_PRINCIPAL,
  messageOf,
} from "@trestle/protocol";
import { askOwner } from "@trestle/store/ask-owner";

/** Who holds a file, as a guard tells it. */
export interface Holding {
  readonly path: string;
  readonly name: string;
  readonly agent: string;
  readonly reason: string;
  readonly until: string;
}

/** What a guard learned: who holds what, or why it could not ask. */
export type Look =
  | { readonly kind: "held"; readonly by: readonly Holding[] }
  | { readonly kind: "unknown"; readonly why: string };

export type Variables = Readonly<Record<string, string | undefined>>;

/** Who asks: an agent's own files are no obstacle to it. */
export interface Asker {
  readonly env: Variables;
  /** A folder in the repository; there `git config trestle.agent` and `trestle.swarm` count where the environment is silent. */
  readonly folder: string;
}

/** An assistant waits for it, or a person. */
const PATIENCE_MS = 2_000;
/** So many paths a server takes in one request, so long, and with so many wildcards. */
const AT_ONCE = 32;
const MAX_LENGTH = 400;
const MAX_WILDCARDS = 16;
/** What means something in a pattern. */
const SPECIAL = /[\\*?[\]{}!(]/;

/**
 * Asks who holds any of these files against whoever runs us: the orchestrator of the home, or where
 * TRESTLE_ORCHESTRATOR_URL is set the one there. Never rejects.
 */
export async function lookUp(paths: readonly string[], asker: Asker): Promise<Look> {
  const { env } = asker;
  const { swarm, agent } = identityOf(asker);
  const ask = env.TRESTLE_ORCHESTRATOR_URL ? askUrl : askHome;
  try {
    const answers: JsonValue[] = [];
    for (const some of chunks(paths.flatMap(toPatterns), AT_ONCE)) {
      answers.push(await ask({ paths: some, ...(swarm === undefined ? {} : { swarm }) }, env));
    }
    const by = answers.flatMap(toHoldings).filter((held) => held.agent !== agent);
    return { kind: "held", by };
  } catch (error) {
    // Where there is no swarm nobody holds anything.
    if (codeOf(error) === "not_found") return { kind: "held", by: [] };
    return { kind: "unknown", why: messageOf(error) };
  }
}

/**
 * A name with brackets is asked for as it stands too: whoever reserved `app/[id]` by that name reserved a pattern, and
 * meant the folder.
 */
function toPatterns(path: string): string[] {
  const isPlain = !SPECIAL.test(path.replace(/\[[\w.]+\]/g, "")) && path.length <= MAX_LENGTH;
  return [...new Set([toPattern(path), ...(isPlain ? [path] : [])])];
}

/** The server reads patterns: what means something in one stands for any character, at worst for one too many. */
function toPattern(path: string): string {
  const pattern = path.replaceAll(new RegExp(SPECIAL, "g"), "?");
  if (pattern.length <= MAX_LENGTH && pattern.split("?").length <= MAX_WILDCARDS) return pattern;
  return toPattern(pattern.slice(0, Math.max(1, pattern.lastIndexOf("/"))));
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function identityOf({ env, folder }: Asker): {
  swarm?: string | undefined;
  agent?: string | undefined;
} {
  const { TRESTLE_SWARM: swarm, TRESTLE_AGENT: agent } = env;
  if (swarm && agent) return { swarm, agent };
  const { stdout } = spawnSync("git", ["config", "--get-regexp", "^trestle\\."], {
    cwd: folder,
    encoding: "utf8",
  });
  const configured = (name: string) =>
    new RegExp(`^trestle\\.${name} (.+)$`, "m").exec(stdout ?? "")?.[1];
  return { swarm: swarm || configured("swarm"), agent: agent || configured("agent") };
}

/** The folder is this user's own, so whoever reaches its owner may see all swarms in it. */
async function askHome(request: JsonObject, env: Variables): Promise<JsonValue> {
  const home = env.TRESTLE_HOME || join(homedir(), ".trestle");
  const answer = await askOwner(join(home, "orchestrator"), {
    method: "swarms.holders",
    payload: JSON.stringify([request, { principal: LOCAL_PRINCIPAL }]),
    timeoutMs: PATIENCE_MS,
  });
  return JSON.parse(String(answer)) as JsonValue;
}

async function askUrl(request: JsonObject, env: Variables): Promise<JsonValue> {
  const { TRESTLE_KEY: key, TRESTLE_AGENT_TOKEN: token, TRESTLE_ORCHESTRATOR_URL: url } = env;
  const response = await fetch(new URL("/tools/who_holds", url), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    },
    body: JSON.stringify({ ...request, ...(token ? { agent_token: token } : {}) }),
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const body = (await response.json()) as JsonValue;
  if (!isJsonObject(body) || !isJsonObject(body.result)) {
    const error = isJsonObject(body) && isJsonObject(body.error) ? body.error : {};
    const words = `it answered HTTP ${response.status}: ${String(error.message ?? "")}`;
    throw Object.assign(new Error(words), { code: error.code });
  }
  return body.result.holders ?? [];
}

function toHoldings(answer: JsonValue): Holding[] {
  const all = Array.isArray(answer) ? answer.filter(isJsonObject) : [];
  return all
    .filter(({ mode }) => mode === "exclusive")
    .map(({ path, name, agent, reason, until }) => ({
      path: String(path),
      name: String(name),
      agent: String(agent),
      reason: String(reason),
      until: String(until),
    }));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

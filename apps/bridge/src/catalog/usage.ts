import type { Clock } from "@trestle/protocol";

/** What of a finished execution is remembered. */
export interface UsedTool {
  readonly server: string;
  readonly name: string;
  /** The id of whoever called. */
  readonly principal: string;
  readonly succeeded: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A tool to be ranked. */
type Tool = Pick<UsedTool, "server" | "name">;

/** How tools were used, as far as it helps to find the next one. What is remembered has its bounds. */
export interface Usage {
  /** Cheap: what it means is worked out by whoever asks next, of the last 500 since somebody asked. */
  note(used: UsedTool): void;
  /**
   * What relevance is multiplied with for a tool, now, for this principal: more for tools that mostly
   * succeeded, and for those that were called together with what the principal called last. Nothing, while
   * nothing is known.
   */
  factorFor(principal: string): UsageFactor | undefined;
}

export interface UsageFactor {
  /** It is never above this. */
  readonly most: number;
  readonly of: (tool: Tool) => number;
}

const HALF_LIFE_MS = 7 * 24 * 3_600_000;
/** Tools called within so long of each other, by the same principal, were used together. */
const TOGETHER_MS = 10 * 60_000;
const MOST_TOOLS = 10_000;
const MOST_PRINCIPALS = 1_000;
const MOST_RECENT = 6;
const MOST_PARTNERS = 16;
const MOST_WAITING = 500;
/** The most that usage can add: clear words weigh more. */
const SUCCESS = 0.12;
const COMPANY = 0.3;
/** So many calls make half a reputation. */
const TRIALS = 5;

interface Memory {
  calls: number;
  successes: number;
  at: number;
  /** How often it was called after or before others, by their keys. */
  readonly partners: Map<string, number>;
}

export function createUsage({ clock }: { readonly clock: Clock }): Usage {
  const memories = new Map<string, Memory>();
  const recent = new Map<string, { readonly key: string; readonly at: number }[]>();
  /** Of the tools that were ranked: they are the same objects in every search. */
  const keys = new WeakMap<Tool, string>();
  /** The last calls that nobody has asked about yet, as a ring. */
  let waiting: UsedTool[] = [];
  let noted = 0;

  function memoryOf(key: string, at: number): Memory {
    const known = memories.get(key);
    const memory = known ?? { calls: 0, successes: 0, at, partners: new Map<string, number>() };
    fade(memory, at);
    keepLast(memories, key, memory, MOST_TOOLS);
    return memory;
  }

  function learn({ server, name, principal, succeeded, at }: UsedTool): void {
    const key = keyOf({ server, name });
    const memory = memoryOf(key, at);
    memory.calls += 1;
    if (succeeded) memory.successes += 1;
    const before = recentOf(principal, at);
    for (const other of new Set(before.map((each) => each.key))) {
      if (other === key || !succeeded) continue;
      meet(memory, other);
      meet(memoryOf(other, at), key);
    }
    const now = [...before.filter((each) => each.key !== key), { key, at }].slice(-MOST_RECENT);
    keepLast(recent, principal, now, MOST_PRINCIPALS);
  }

  function recentOf(principal: string, at: number) {
    return (recent.get(principal) ?? []).filter((each) => at - each.at <= TOGETHER_MS);
  }

  function learnAll(): void {
    const first = noted % MOST_WAITING;
    const inOrder =
      noted > MOST_WAITING ? [...waiting.slice(first), ...waiting.slice(0, first)] : waiting;
    for (const used of inOrder) learn(used);
    waiting = [];
    noted = 0;
  }

  return {
    note(used) {
      waiting[noted % MOST_WAITING] = used;
      noted += 1;
    },
    factorFor(principal) {
      learnAll();
      if (memories.size === 0) return undefined;
      const company = companyOf(
        recentOf(principal, clock.now()).map(({ key }) => memories.get(key)),
      );
      const of = (tool: Tool): number => {
        const key = keys.get(tool) ?? keyOf(tool);
        keys.set(tool, key);
        const memory = memories.get(key);
        if (!memory) return 1;
        return 1 + SUCCESS * reputationOf(memory) + COMPANY * (company.get(key) ?? 0);
      };
      return { most: 1 + SUCCESS + COMPANY, of };
    },
  };
}

function keyOf({ server, name }: Tool): string {
  return `${server}\n${name}`;
}

/** What is long ago counts less. */
function fade(memory: Memory, at: number): void {
  const share = 0.5 ** (Math.max(0, at - memory.at) / HALF_LIFE_MS);
  memory.at = Math.max(at, memory.at);
  if (share > 0.999) return;
  memory.calls *= share;
  memory.successes *= share;
  for (const [key, times] of memory.partners) memory.partners.set(key, times * share);
}

function meet({ partners }: Memory, key: string): void {
  partners.set(key, (partners.get(key) ?? 0) + 1);
  if (partners.size <= MOST_PARTNERS) return;
  // The newcomer stays: it may come again.
  let weakest = key;
  let least = Number.POSITIVE_INFINITY;
  for (const [other, times] of partners) {
    if (other === key || times >= least) continue;
    weakest = other;
    least = times;
  }
  partners.delete(weakest);
}

/** From -1, where it always failed, to 1; near 0 while little is known. */
function reputationOf({ calls, successes }: Memory): number {
  if (calls === 0) return 0;
  return ((2 * successes) / calls - 1) * (calls / (calls + TRIALS));
}

/** The partners of what was called last, each from 0 to 1. */
function companyOf(last: readonly (Memory | undefined)[]): Map<string, number> {
  const company = new Map<string, number>();
  for (const memory of last) {
    for (const [key, times] of memory?.partners ?? []) {
      const closeness = times / ((memory?.calls ?? 0) + 2);
      company.set(key, Math.min(1, Math.max(company.get(key) ?? 0, closeness)));
    }
  }
  return company;
}

/** Puts an entry last; the first goes where there are too many. */
function keepLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

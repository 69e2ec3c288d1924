import { effectsIn } from "@trestle/testkit";
import {
  type Answer,
  type Asking,
  dataOf,
  isGood,
  type Principal,
  structuredOf,
} from "./_asking.ts";
import {
  judgeCounters,
  judgeHistory,
  judgeKeys,
  judgeKnowledge,
  judgePrivacy,
} from "./_verdict-stores.ts";
import { bodyOf, wordDeed } from "./_words.ts";
import { openOf } from "./_workload.ts";
import type { Deed, Kind } from "./_works.ts";

export interface Judged {
  readonly deeds: readonly Deed[];
  readonly asking: Asking;
  readonly bridges: readonly string[];
  readonly principals: readonly Principal[];
  /** Who decides what waits for a person. */
  readonly admins: readonly Principal[];
  readonly root: string;
  /** Not by way of what harms it. */
  readonly postgresUrl: string;
}

/** What is found after everything works again; each sentence is a fault of the system. */
export async function judge(judged: Judged): Promise<string[]> {
  // What they do is done before effects are counted.
  const executions = await judgeWorkflows(judged);
  const reviews = await judgeReviews(judged);
  return [
    ...judgeSettled(judged),
    ...executions,
    ...reviews,
    ...judgeEffects(judged),
    ...(await judgeKnowledge(judged)),
    ...(await judgeCounters(judged)),
    ...(await judgeHistory(judged)),
    ...(await judgeKeys(judged)),
    ...judgePrivacy(judged),
    ...judged.asking.leaks,
  ];
}

/** What may be asked for again was, until it was done. */
function judgeSettled({ deeds }: Judged): string[] {
  return openOf(deeds).map((deed) => `it does not come to be done: ${wordDeed(deed)}`);
}

/** How often the server that it went to did it: exactly once, at most once where nobody said that it was done. */
function judgeEffects({ deeds, root }: Judged): string[] {
  const counted = new Map<string, number>();
  for (const name of ["near", "far"])
    for (const key of effectsIn(root, name)) counted.set(key, (counted.get(key) ?? 0) + 1);
  const faults = deeds.flatMap((deed) =>
    effectsOf(deed).flatMap((key) => {
      const done = counted.get(key) ?? 0;
      counted.delete(key);
      if (done > 1) return [`${key} was done ${done} times: ${wordDeed(deed)}`];
      if (deed.isAcknowledged && done === 0) return [`${key} is lost: ${wordDeed(deed)}`];
      return [];
    }),
  );
  return [
    ...faults,
    ...[...counted.keys()].map((key) => `${key} was done, and nobody asked for it`),
  ];
}

const TWO: ReadonlySet<Kind> = new Set<Kind>(["chain", "workflow"]);
const ONE: ReadonlySet<Kind> = new Set<Kind>(["write", "once", "review"]);

function effectsOf({ kind, key }: Deed): string[] {
  if (TWO.has(kind)) return [`${key}-a`, `${key}-b`];
  return ONE.has(kind) ? [key] : [];
}

const PATIENCE_MS = 90_000;

async function judgeWorkflows({ deeds, asking, bridges }: Judged): Promise<string[]> {
  const started = deeds.filter(({ kind, isAcknowledged }) => kind === "workflow" && isAcknowledged);
  const end = Date.now() + PATIENCE_MS;
  const found: string[] = [];
  for (const deed of started) {
    const path = `workflow/executions/${deed.id}?wait_seconds=5`;
    const look = () => asking.ask(deed.who, String(bridges[0]), { method: "GET", path });
    let answer = await look();
    const isRunning = () => !["succeeded", "failed", "cancelled"].includes(statusOf(answer));
    while (isRunning() && Date.now() < end) answer = await look();
    if (statusOf(answer) !== "succeeded")
      found.push(`an execution is ${statusOf(answer)}: ${wordDeed(deed)} ${bodyOf(answer)}`);
  }
  return found;
}

function statusOf(answer: Answer): string {
  return String(structuredOf(answer).status ?? dataOf(answer).status ?? answer.status);
}

/** Every item that a caller was told of waits still, and is done once when it is approved at every bridge at once. */
async function judgeReviews({ deeds, asking, bridges, admins }: Judged): Promise<string[]> {
  const waiting = deeds.filter(({ kind, isAcknowledged }) => kind === "review" && isAcknowledged);
  const found: string[] = [];
  for (const deed of waiting) {
    const body = { decision: "approve", arguments: { key: deed.key } };
    const answers = await Promise.all(
      bridges.map((url, index) =>
        asking.ask(admins[index] as Principal, url, { path: `review/${deed.id}`, body }),
      ),
    );
    const good = answers.filter(isGood).length;
    if (good !== 1)
      found.push(`${good} bridges approved: ${wordDeed(deed)} ${answers.map(bodyOf)}`);
  }
  return found;
}

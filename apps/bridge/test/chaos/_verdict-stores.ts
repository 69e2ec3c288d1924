import { setTimeout as pause } from "node:timers/promises";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { askPostgres } from "@trestle/testkit/local-postgres";
import { dataOf, isGood, type Principal, structuredOf } from "./_asking.ts";
import type { Judged } from "./_verdict.ts";
import { bodyOf, wordDeed } from "./_words.ts";
import { counterOf, type Deed, type Kind } from "./_works.ts";

const AT_ONCE = 8;
const COPIED_MS = 60_000;

/** Every diagnosis that somebody was told is stored can be read at every bridge. */
export async function judgeKnowledge(judged: Judged): Promise<string[]> {
  const { deeds, asking, bridges } = judged;
  const stored = deeds.filter(({ kind, isAcknowledged }) => kind === "knowledge" && isAcknowledged);
  // A search may miss for a second what another process stored.
  await pause(stored.length === 0 ? 0 : 1_200);
  return findEach(stored, async (deed) => {
    const found: string[] = [];
    for (const url of bridges) {
      const body = { tool: "knowledge.get_diagnosis", arguments: { id: String(deed.id) } };
      const answer = await asking.ask(deed.who, url, { path: "tool/call", body });
      if (!isGood(answer) || !bodyOf(answer).includes(deed.key))
        found.push(`a diagnosis is lost at ${url}: ${wordDeed(deed)} ${bodyOf(answer)}`);
    }
    return found;
  });
}

/** Each counter stands at what was acknowledged, as by now all is that can be asked for again. */
export async function judgeCounters(judged: Judged): Promise<string[]> {
  const { deeds, asking, bridges, principals } = judged;
  const found: string[] = [];
  for (const who of principals)
    for (const [index, url] of bridges.entries()) {
      const own = deeds.filter(
        (deed) => deed.kind === "increment" && deed.bridge === index && deed.who === who,
      );
      const least = own.filter(({ isAcknowledged }) => isAcknowledged).length;
      const body = { tool: "objects.object_get", arguments: counterOf(who) };
      const answer = await asking.ask(who, url, { path: "tool/call", body });
      const { state } = structuredOf(answer);
      const value = isJsonObject(state) ? Number(state.value) : Number.NaN;
      if (!(value >= least && value <= own.length))
        found.push(
          `the counter of ${who.name} at bridge ${index} is ${value}, and not ${least} to ${own.length}: ${bodyOf(answer)}`,
        );
    }
  return found;
}

/** Their row is on the disk before they are sent. */
const WRITES: ReadonlySet<Kind> = new Set<Kind>(["write", "once", "knowledge", "increment"]);

/** Every write that was acknowledged has its row: at any bridge, and in Postgres once that has caught up. */
export async function judgeHistory(judged: Judged): Promise<string[]> {
  const { deeds, asking, bridges, postgresUrl } = judged;
  const written = deeds.filter(
    ({ kind, isAcknowledged, executionId }) =>
      WRITES.has(kind) && isAcknowledged && executionId !== undefined,
  );
  const found = await findEach(written, async (deed) => {
    // Of the other bridge than the one that its object is at: each finds what any has.
    const url = String(bridges[(deed.bridge + 1) % bridges.length]);
    const path = `history/${deed.executionId}`;
    const answer = await asking.ask(deed.who, url, { method: "GET", path });
    return isGood(answer) ? [] : [`its row is lost: ${wordDeed(deed)} ${bodyOf(answer)}`];
  });
  const late = await judgeCopies(judged);
  const rows = await askPostgres<{ execution_id: string }>(
    postgresUrl,
    "SELECT execution_id FROM trestle_bridge.execution",
  );
  const copied = new Set(rows.map(({ execution_id: id }) => id));
  const missing = written.filter(({ executionId }) => !copied.has(String(executionId)));
  return [
    ...found,
    ...late,
    ...missing.map((deed) => `its row never came to Postgres: ${wordDeed(deed)}`),
  ];
}

/** Both logs come to Postgres as they are, and soon. */
async function judgeCopies({ asking, bridges, admins }: Judged): Promise<string[]> {
  const found: string[] = [];
  for (const [index, url] of bridges.entries()) {
    const admin = admins[index];
    if (admin === undefined) continue;
    const end = Date.now() + COPIED_MS;
    for (;;) {
      const { postgres } = dataOf(await asking.ask(admin, url, { method: "GET", path: "health" }));
      if (isCopied(postgres)) break;
      if (Date.now() > end) {
        found.push(`bridge ${index} has not copied its logs: ${JSON.stringify(postgres)}`);
        break;
      }
      await pause(100);
    }
    const path = "security/audit-logs/verify?postgres=true";
    const verdict = await asking.ask(admin, url, { method: "GET", path });
    if (dataOf(verdict).ok !== true)
      found.push(`the audit log of bridge ${index} is not as it was written: ${bodyOf(verdict)}`);
  }
  return found;
}

function isCopied(health: unknown): boolean {
  if (!isJsonObject(health as JsonObject)) return false;
  const { state, lag_rows: rows, audit_behind: behind, lost } = health as JsonObject;
  return state === "up" && rows === 0 && behind === 0 && lost === 0;
}

/** A key that was made is valid at every bridge, and one whose end was acknowledged is so at none. */
export async function judgeKeys(judged: Judged): Promise<string[]> {
  const { deeds, asking, bridges, admins } = judged;
  const made = deeds.filter(({ secret }) => secret !== undefined);
  const found: string[] = [];
  const states: Map<string, unknown>[] = [];
  for (const [index, url] of bridges.entries()) {
    const answer = await asking.ask(admins[index] as Principal, url, {
      method: "GET",
      path: "keys",
    });
    const { keys } = dataOf(answer);
    const rows = Array.isArray(keys) ? keys.filter(isJsonObject) : [];
    states.push(new Map(rows.map(({ id, state }) => [String(id), state])));
  }
  for (const deed of made) {
    const said = states.map((known) => known.get(String(deed.id)));
    const isRight = said.every((state) =>
      deed.revoked === "perhaps" ? state === said[0] : state === STATES[deed.revoked ?? "no"],
    );
    if (!isRight) found.push(`a key (revoked: ${deed.revoked}) is ${said}: ${wordDeed(deed)}`);
  }
  return [...found, ...(await judgeHolders(judged, made))];
}

const STATES = { no: "valid", yes: "revoked" } as const;
/** Whoever shows more wrong keys is shut out for a while, with right ones, too. */
const WRONG_KEYS = 5;

/** What the lists say is what holders are told. */
async function judgeHolders({ asking, bridges }: Judged, made: readonly Deed[]): Promise<string[]> {
  const known = made.filter(({ revoked }) => revoked !== "perhaps");
  const wrong = known.filter(({ revoked }) => revoked === "yes").slice(-WRONG_KEYS);
  return findEach([...known.filter(({ revoked }) => revoked === "no"), ...wrong], async (deed) => {
    const { key: name, secret, who, revoked } = deed;
    const holder = { name, key: String(secret), canary: who.canary };
    const asked = { method: "GET", path: "me" } as const;
    const answers = await Promise.all(bridges.map((url) => asking.ask(holder, url, asked)));
    const statuses = answers.map(({ status }) => status);
    if (statuses.every((status) => status === (revoked === "yes" ? 401 : 200))) return [];
    return [`a key (revoked: ${revoked}) is answered ${statuses}: ${wordDeed(deed)}`];
  });
}

/** A process that served one principal never served another. */
export function judgePrivacy({ deeds }: Judged): string[] {
  const holders = new Map<string, Deed>();
  const found: string[] = [];
  for (const deed of deeds) {
    if (deed.kind !== "private" || !deed.isAcknowledged) continue;
    const holder = holders.get(String(deed.id));
    if (holder === undefined) holders.set(String(deed.id), deed);
    else if (holder.who !== deed.who)
      found.push(`process ${deed.id} served two: ${wordDeed(holder)}; ${wordDeed(deed)}`);
  }
  return found;
}

/** What is found of each, a few at a time. */
async function findEach(
  deeds: readonly Deed[],
  look: (deed: Deed) => Promise<string[]>,
): Promise<string[]> {
  const found: string[] = [];
  const left = deeds[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const deed of left) found.push(...(await look(deed)));
    }),
  );
  return found;
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of workflows are written so
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import {
  type Answer,
  type Asking,
  dataOf,
  isGood,
  type Principal,
  structuredOf,
  untilGood,
} from "./_asking.ts";

export const KINDS = [
  ...(["read", "write", "once", "chain", "workflow", "knowledge", "increment"] as const),
  ...(["review", "history", "private", "peek", "key"] as const),
] as const;
export type Kind = (typeof KINDS)[number];

/** One request of the workload, and what came of it. */
export interface Deed {
  readonly kind: Kind;
  readonly who: Principal;
  /** Names it, and its effects. */
  readonly key: string;
  readonly at: number;
  /** It was told to be done. */
  isAcknowledged: boolean;
  /** It was told that nobody will ever know. */
  isUnknowable?: boolean;
  /** Of the execution, the diagnosis, the review item, the process, the API key. */
  id?: string;
  /** Of the call, in the history. */
  executionId?: string;
  /** What was said where it was not acknowledged. */
  said?: string;
  /** Where an API key was made, or an object was changed: each bridge has objects of its own. */
  readonly bridge: number;
  /** The one that serves it; without it, any. */
  readonly through: number | undefined;
  /** Of an API key: its text, and whether it was revoked, as far as anybody knows. */
  secret?: string;
  revoked?: "no" | "perhaps" | "yes";
}

export interface WorkParts {
  readonly asking: Asking;
  /** Before all bridges. */
  readonly anywhere: string;
  readonly bridges: readonly string[];
  /** Of each bridge. */
  readonly admins: readonly Principal[];
  readonly deeds: readonly Deed[];
}

/** Does a deed, and says what came of it. What may be asked again is, until `isOver`. */
export type Work = (deed: Deed, isOver: () => boolean) => Promise<Answer>;

export const workflowOf = ({ name }: Principal): string => `chaos-${name}`;
export const counterOf = ({ name }: Principal): JsonObject => ({ class: "counter", id: name });

export function workflow(who: Principal): JsonObject {
  const input = { type: "object", properties: { key: { type: "string" } } };
  const step = (id: string) => ({
    ...{ id, server: "far", tool: "write_once", arguments: { key: `\${input.key}-${id}` } },
    retry: { attempts: 50, backoff: 300, maxBackoff: 2_000 },
  });
  const steps = [step("a"), { ...step("b"), dependsOn: ["a"] }];
  return { id: workflowOf(who), input, steps };
}

const DONE: Answer = { status: 200, body: { success: true } };

export function createWorks(parts: WorkParts): Readonly<Record<Kind, Work>> {
  const { asking, anywhere, bridges } = parts;
  const urlOf = ({ through }: Deed): string =>
    through === undefined ? anywhere : String(bridges[through]);
  const call = (deed: Deed, tool: string, args: JsonObject, more: JsonObject = {}) =>
    asking.ask(deed.who, urlOf(deed), {
      path: "tool/call",
      body: { tool, arguments: args, ...more },
    });

  return {
    read: (deed) => call(deed, "far.read", { key: deed.key }),
    write: (deed) => call(deed, "near.write", { key: deed.key }),
    once(deed, isOver) {
      const { key } = deed;
      return untilGood(
        () => call(deed, "far.write_once", { key }, { idempotency_key: key }),
        isOver,
      );
    },
    chain: (deed) => asking.ask(deed.who, urlOf(deed), { path: "chain", body: chainOf(deed.key) }),
    async workflow(deed, isOver) {
      const { who, key } = deed;
      const body = { workflow: workflowOf(who), input: { key }, idempotency_key: key };
      const asked = { path: "workflow/execute", body: { ...body, wait_seconds: 0 } };
      const answer = await untilGood(() => asking.ask(who, urlOf(deed), asked), isOver);
      deed.id = String(structuredOf(answer).executionId ?? dataOf(answer).executionId ?? "");
      return answer;
    },
    async knowledge(deed) {
      const { key } = deed;
      const args = { error: { name: key, message: key }, fix: key };
      const answer = await call(deed, "knowledge.store_diagnosis", args);
      deed.id = String(structuredOf(answer).id ?? "");
      return answer;
    },
    increment({ who, key, bridge }, isOver) {
      const args = { ...counterOf(who), method: "increment" };
      const body = { tool: "objects.object_call", arguments: args, idempotency_key: key };
      const asked = { path: "tool/call", body };
      return untilGood(() => asking.ask(who, String(bridges[bridge]), asked), isOver);
    },
    async review(deed) {
      const answer = await call(deed, "far.write", { key: deed.key, faults: ["503*"] });
      const id = /"reviewId":"([^"]+)"/.exec(JSON.stringify(answer.body))?.[1];
      if (id === undefined) return answer;
      deed.id = id;
      return DONE;
    },
    history: (deed) =>
      asking.ask(deed.who, urlOf(deed), { method: "GET", path: "history?limit=50" }),
    async private(deed) {
      const answer = await call(deed, "own.read", { key: deed.key });
      deed.id = String(structuredOf(answer).pid ?? "");
      return answer;
    },
    peek: (deed) => peek(deed, parts, urlOf(deed)),
    key: (deed) => makeKey(deed, parts),
  };
}

/** Asks for a call of somebody else by its id, and is told that there is none. */
async function peek(deed: Deed, { asking, deeds }: WorkParts, url: string): Promise<Answer> {
  const { executionId, key } =
    deeds.findLast(({ who, executionId: id }) => who !== deed.who && id !== undefined) ?? {};
  if (executionId === undefined) return DONE;
  const answer = await asking.ask(deed.who, url, { method: "GET", path: `history/${executionId}` });
  if (answer.status === 404) return DONE;
  if (isGood(answer))
    asking.leaks.push(`${deed.who.name} was shown ${key}: ${JSON.stringify(answer.body)}`);
  return answer.status === 200 ? { ...answer, status: 0 } : answer;
}

/** Makes an API key at one bridge, and revokes every second one at the next. */
async function makeKey(deed: Deed, { asking, bridges, admins }: WorkParts): Promise<Answer> {
  const { bridge, key } = deed;
  const body = { name: key };
  const made = await asking.ask(admins[bridge] as Principal, String(bridges[bridge]), {
    path: "keys",
    body,
  });
  const { id, key: secret } = dataOf(made);
  if (!isGood(made) || typeof secret !== "string") return made;
  Object.assign(deed, { id, secret, revoked: "no" });
  if (deed.at % 2 === 0) return made;
  const next = (bridge + 1) % bridges.length;
  deed.revoked = "perhaps";
  const revoked = await asking.ask(admins[next] as Principal, String(bridges[next]), {
    method: "DELETE",
    path: `keys/${String(id)}`,
  });
  if (isGood(revoked)) deed.revoked = "yes";
  // The next one has not heard of it yet.
  if (revoked.status === 404) deed.revoked = "no";
  return made;
}

/** Of the call that an answer is to, in the history. */
export function executionOf({ body }: Answer): string | undefined {
  const id = isJsonObject(body.metadata) ? body.metadata.execution_id : undefined;
  return typeof id === "string" ? id : undefined;
}

/** Two writes, the second with what the first answered. */
function chainOf(key: string): JsonObject {
  const step = { server: "far", tool: "write_once" };
  const steps = [
    { ...step, id: "first", arguments: { key: `${key}-a` } },
    { ...step, arguments: { key: `${key}-b`, after: "${results.first.key}" } },
  ];
  return { name: "chaos", steps };
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of workflows are written so
import type { JsonObject } from "@trestle/protocol";
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
  ...(["review", "history"] as const),
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
  /** Of the execution, the diagnosis, the review item. */
  id?: string;
  /** What was said where it was not acknowledged. */
  said?: string;
  /** Of the bridge whose object was changed. */
  readonly bridge: number;
}

export interface WorkloadParts {
  readonly asking: Asking;
  /** Before all bridges. */
  readonly anywhere: string;
  readonly bridges: readonly string[];
}

export interface Workload {
  readonly deeds: readonly Deed[];
  /** Does one, and resolves when it has come to something. What may be asked again is, until `isOver`. */
  perform(kind: Kind, who: Principal, isOver: () => boolean): Promise<Deed>;
}

type Work = (deed: Deed, isOver: () => boolean) => Promise<Answer>;

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

export function createWorkload({ asking, anywhere, bridges }: WorkloadParts): Workload {
  const deeds: Deed[] = [];
  const call = (who: Principal, tool: string, args: JsonObject, more: JsonObject = {}) =>
    asking.ask(who, anywhere, { path: "tool/call", body: { tool, arguments: args, ...more } });

  const works: Record<Kind, Work> = {
    read: ({ who, key }) => call(who, "far.read", { key }),
    write: ({ who, key }) => call(who, "near.write", { key }),
    once: ({ who, key }, isOver) =>
      untilGood(() => call(who, "far.write_once", { key }, { idempotency_key: key }), isOver),
    chain: ({ who, key }) => asking.ask(who, anywhere, { path: "chain", body: chainOf(key) }),
    async workflow(deed, isOver) {
      const { who, key } = deed;
      const body = { workflow: workflowOf(who), input: { key }, idempotency_key: key };
      const asked = { path: "workflow/execute", body: { ...body, wait_seconds: 0 } };
      const answer = await untilGood(() => asking.ask(who, anywhere, asked), isOver);
      deed.id = String(structuredOf(answer).executionId ?? dataOf(answer).executionId ?? "");
      return answer;
    },
    async knowledge(deed) {
      const { who, key } = deed;
      const args = { error: { name: key, message: key }, fix: key };
      const answer = await call(who, "knowledge.store_diagnosis", args);
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
      const answer = await call(deed.who, "far.write", { key: deed.key, faults: ["503*"] });
      const id = /"reviewId":"([^"]+)"/.exec(JSON.stringify(answer.body))?.[1];
      if (id === undefined) return answer;
      deed.id = id;
      return { status: 200, body: { success: true } };
    },
    history: ({ who }) => asking.ask(who, anywhere, { method: "GET", path: "history?limit=50" }),
  };

  return {
    deeds,
    async perform(kind, who, isOver) {
      const key = `${who.canary}-${kind}-${deeds.length}`;
      const bridge = deeds.length % bridges.length;
      const deed: Deed = { kind, who, key, at: Date.now(), isAcknowledged: false, bridge };
      deeds.push(deed);
      const answer = await works[kind](deed, isOver);
      deed.isAcknowledged = isGood(answer);
      if (!deed.isAcknowledged) deed.said = `${answer.status} ${JSON.stringify(answer.body.error)}`;
      return deed;
    },
  };
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

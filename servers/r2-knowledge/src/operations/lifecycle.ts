import type { Clock } from "@trestle/protocol";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import { agingOfAudit, agingOfDiagnosis } from "../lifecycle/aging.ts";
import { applyLifecycle, type LifecycleResult } from "../lifecycle/apply-lifecycle.ts";
import {
  type Aging,
  type LifecyclePlan,
  type LifecycleStep,
  planLifecycle,
} from "../lifecycle/plan-lifecycle.ts";
import type { LifecyclePolicy } from "../lifecycle/policy.ts";
import { readLifecyclePolicy, writeLifecyclePolicy } from "../lifecycle/policy-file.ts";
import { eachObject } from "../object-store/each-object.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import { outcomePrefix, recordKey } from "../records/keys.ts";
import { copyObject } from "../sync/copy-object.ts";

export interface LifecycleParts {
  readonly store: ObjectStore;
  readonly knowledge: KnowledgeStore;
  readonly clock: Pick<Clock, "now">;
}

/** What becomes of records with time, over the knowledge as it is. */
export interface Lifecycle {
  policy(call?: CallOptions): Promise<LifecyclePolicy>;
  /** Throws `conflict` where somebody changes it at the same time. */
  setPolicy(policy: LifecyclePolicy, call?: CallOptions): Promise<void>;
  /** What would happen by the policy that is kept, or by another. */
  plan(
    call?: CallOptions & { readonly policy?: LifecyclePolicy | undefined },
  ): Promise<LifecyclePlan>;
  /** Plans again, by the policy that is kept or by another, and does it where the plan is the one that was looked at. */
  apply(options: ApplyLifecycleOptions): Promise<LifecycleResult>;
}

export interface ApplyLifecycleOptions extends CallOptions {
  readonly digest: string;
  readonly policy?: LifecyclePolicy | undefined;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

const PAGE = 500;

export function createLifecycle({ store, knowledge, clock }: LifecycleParts): Lifecycle {
  async function plan(policy: LifecyclePolicy, call: CallOptions): Promise<LifecyclePlan> {
    return planLifecycle(everything(knowledge, call), policy, clock.now());
  }

  return {
    policy: async (call) => (await readLifecyclePolicy(store, call)).policy,
    async setPolicy(policy, call) {
      const kept = await readLifecyclePolicy(store, call);
      await writeLifecyclePolicy(store, { ...kept, policy }, call);
    },
    async plan({ policy, signal } = {}) {
      return plan(policy ?? (await readLifecyclePolicy(store, { signal })).policy, { signal });
    },
    async apply({ digest, policy: other, onProgress, signal }) {
      const policy = other ?? (await readLifecyclePolicy(store, { signal })).policy;
      const work = {
        look: (of: Aging["of"], id: string) => look(knowledge, of, id, { signal }),
        remove: (of: Aging["of"], id: string) => remove(knowledge, of, id, { signal }),
        async archive({ of, id }: LifecycleStep) {
          await archive(store, of, id, { signal });
          await remove(knowledge, of, id, { signal });
        },
      };
      const now = clock.now();
      const options = { digest, policy, now, signal, onProgress };
      return applyLifecycle(await plan(policy, { signal }), work, options);
    },
  };
}

/** Read from the records themselves: an index knows when something was stored, not when it was met last. */
async function* everything(knowledge: KnowledgeStore, call: CallOptions): AsyncGenerator<Aging> {
  let after: string | undefined;
  do {
    const page = await knowledge.list({ limit: PAGE, after, ...call });
    for (const { id } of page.items) {
      const found = await look(knowledge, "diagnoses", id, call);
      if (found) yield found;
    }
    after = page.next;
  } while (after !== undefined);
  for (let offset = 0; ; offset += PAGE) {
    const { hits, total } = await knowledge.searchAudits({
      text: "",
      limit: PAGE,
      offset,
      ...call,
    });
    for (const { audit } of hits) yield agingOfAudit(audit);
    if (offset + PAGE >= total) return;
  }
}

async function look(
  knowledge: KnowledgeStore,
  of: Aging["of"],
  id: string,
  call: CallOptions,
): Promise<Aging | undefined> {
  try {
    if (of === "audits") return agingOfAudit(await knowledge.getAudit(id, call));
    const { record, confidence } = await knowledge.get(id, call);
    return agingOfDiagnosis(record, confidence.value);
  } catch (error) {
    if ((error as { code?: unknown }).code === "not_found") return undefined;
    throw error;
  }
}

function remove(knowledge: KnowledgeStore, of: Aging["of"], id: string, call: CallOptions) {
  return of === "audits" ? knowledge.deleteAudit(id, call) : knowledge.delete(id, call);
}

/** `mcp/archive/` has the same layout as `mcp/`. May be done again. */
async function archive(
  store: ObjectStore,
  of: Aging["of"],
  id: string,
  call: CallOptions,
): Promise<void> {
  const keys = [recordKey(of, id)];
  if (of === "diagnoses") {
    for await (const { key } of eachObject(store, outcomePrefix(id), call)) keys.push(key);
  }
  for (const key of keys) {
    await copyObject({ store, key }, { store, key: `${ARCHIVE}${key.slice(ROOT.length)}` }, call);
  }
}

const ROOT = "mcp/";
const ARCHIVE = `${ROOT}archive/`;

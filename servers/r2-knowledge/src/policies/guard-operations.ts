import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import { noSuchRecord } from "../knowledge/record-folder.ts";
import type { Operations } from "../operations/operations.ts";
import { recordFacts } from "../records/record-facts.ts";
import type { StoreAction } from "./actions.ts";
import type { Gate } from "./gate.ts";

/** What keeps the knowledge in order, for one caller: it is done to the whole, or to nothing. */
export function guardOperations(
  { backups, lifecycle, ...operations }: Operations,
  knowledge: KnowledgeStore,
  gate: Gate,
): Operations {
  const onStore =
    <Args extends readonly unknown[], Result>(
      action: StoreAction,
      work: (...args: Args) => Promise<Result>,
    ) =>
    (...args: Args): Promise<Result> =>
      gate.pass<Result>({ action }, (rights) => {
        rights.needStore(action);
        return work(...args);
      });

  return {
    backups: {
      create: onStore("knowledge:backup", backups.create),
      list: onStore("knowledge:backup", backups.list),
      verify: onStore("knowledge:backup", backups.verify),
      planRestore: onStore("knowledge:restore", backups.planRestore),
      restore: onStore("knowledge:restore", backups.restore),
      prune: onStore("knowledge:prune-backups", backups.prune),
      async close() {},
    },
    lifecycle: {
      policy: onStore("knowledge:plan-lifecycle", lifecycle.policy),
      setPolicy: onStore("knowledge:set-lifecycle", lifecycle.setPolicy),
      plan: onStore("knowledge:plan-lifecycle", lifecycle.plan),
      apply: onStore("knowledge:apply-lifecycle", lifecycle.apply),
    },
    validate: (id, options) =>
      gate.pass({ action: "knowledge:validate", ids: [id] }, async (rights) => {
        rights.permits("knowledge:validate");
        const { record } = await knowledge.get(id, { signal: options?.signal });
        const facts = recordFacts("diagnosis", record);
        if (!rights.canSee(facts)) throw noSuchRecord("diagnoses", id);
        rights.need("knowledge:validate", facts);
        return operations.validate(id, options);
      }),
    sync: onStore("knowledge:sync", operations.sync),
    async close() {},
  };
}

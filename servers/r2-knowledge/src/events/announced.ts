import type { JsonObject } from "@trestle/protocol";
import type { Access } from "../operations/access.ts";
import type { Operations } from "../operations/operations.ts";

type Announce = (topic: string, payload: JsonObject) => void;

/** The same operations, told of to everybody once they are done. No index knows of them. */
export function announced(operations: Operations, announce: Announce): Operations {
  const { backups, lifecycle } = operations;
  return {
    ...operations,
    backups: {
      ...backups,
      async create(options) {
        const result = await backups.create(options);
        const { id, objects, bytes } = result.snapshot;
        announce("backup.created", { id, objects, bytes, summary: `${objects} objects are kept` });
        return result;
      },
      async restore(asked) {
        const result = await backups.restore(asked);
        const { created, replaced, deleted, snapshot } = result;
        const of = new Date(snapshot.finished).toISOString();
        const where = asked.into === undefined ? {} : { into: asked.into };
        const summary = `The backup of ${of} was restored`;
        announce("backup.restored", { of, created, replaced, deleted, ...where, summary });
        return result;
      },
      async prune(rules, options) {
        const result = await backups.prune(rules, options);
        const { kept, removed } = result;
        if (!options.dryRun && removed.length > 0)
          announce("backup.pruned", { kept: kept.length, removed: removed.length });
        return result;
      },
    },
    lifecycle: {
      ...lifecycle,
      async setPolicy(policy, call) {
        await lifecycle.setPolicy(policy, call);
        const [rules, holds] = [policy.rules.length, policy.holds.length];
        announce("lifecycle.changed", { rules, holds, summary: `${rules} rules, ${holds} holds` });
      },
      async apply(options) {
        const result = await lifecycle.apply(options);
        const { deleted, archived, failed } = result;
        const summary = `${deleted} records were deleted, ${archived} archived`;
        announce("lifecycle.applied", { deleted, archived, failed: failed.length, summary });
        return result;
      },
    },
    async sync(asked) {
      const result = await operations.sync(asked);
      const { copied, deleted } = result;
      const here = copied.toSource + deleted.inSource;
      if (!asked.dryRun && here > 0)
        announce("sync.done", { here, summary: `${here} records were brought here by a sync` });
      return result;
    },
  };
}

/** Of who may do what, only that it changed: the rules themselves are for those who may read them. */
export function announcedAccess(access: Access, announce: Announce): Access {
  return {
    ...access,
    async setPolicy(policy, options) {
      const kept = await access.setPolicy(policy, options);
      announce("access.changed", { version: kept.version, summary: "The policy is another one" });
      return kept;
    },
    async share(asked, call) {
      const shared = await access.share(asked, call);
      announce("share.created", { id: shared.share.id, summary: "A collection was shared" });
      return shared;
    },
    async revoke(id, call) {
      const revoked = await access.revoke(id, call);
      announce("share.revoked", { id, summary: "A share was revoked" });
      return revoked;
    },
  };
}

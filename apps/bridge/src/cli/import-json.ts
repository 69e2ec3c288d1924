import { type JsonObject, messageOf } from "@trestle/protocol";
import type { Written } from "../config/import/apply.ts";
import type { ImportPlan } from "../config/import/plan.ts";

/** What an import found, would write and has written; no values of entries, which may be secret. */
export function importFacts(plan: ImportPlan, written: readonly Written[] | undefined): JsonObject {
  return {
    bridge: plan.bridge.path,
    added: Object.keys(plan.added),
    findings: plan.findings.map(({ host, file, name, outcome, id, notes }) => ({
      ...{ host: host.id, file: file.path, name, outcome, notes: [...notes] },
      ...(id === undefined ? {} : { id }),
    })),
    hosts: plan.hosts.map(({ host, file }) => ({
      ...{ host: host.id, file: file.path, restart: host.restart },
    })),
    plain_secrets: plan.secrets.map(({ server, key, variable }) => ({ server, key, variable })),
    problems: plan.problems.map(messageOf),
    written: (written ?? []).map(({ file, backup }) => ({
      file,
      ...(backup === undefined ? {} : { backup }),
    })),
  };
}

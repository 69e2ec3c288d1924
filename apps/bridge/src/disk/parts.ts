import type { Config } from "../config/load.ts";

/** What happens where a part reaches its quota. */
export type AtQuota =
  /** The oldest of what may go makes room. */
  | "drops"
  /** What is new is refused, and says so. */
  | "refuses"
  /** Nothing: whoever runs the bridge is told. */
  | "told";

export interface DiskPart {
  readonly name: keyof Config["store"]["quotas"];
  /** Which files of a home are of it, by their path from there. */
  readonly files: RegExp;
  readonly atQuota: AtQuota;
  /** What helps where there is too much of it. */
  readonly next: string;
}

/** Everything that a home may hold. A file is of the first part that it fits. */
export const DISK_PARTS: readonly DiskPart[] = [
  {
    name: "history",
    files: /^bridge\/history\.db/,
    atQuota: "drops",
    next: "Lower history.maxRows, or raise store.quotas.history.",
  },
  {
    name: "audit",
    files: /^bridge\/audit\//,
    atQuota: "told",
    next: "Nothing of it is ever dropped: make room, or raise store.quotas.audit.",
  },
  {
    name: "review",
    files: /^bridge\/review/,
    atQuota: "refuses",
    next: "Decide what waits (`trestle review`).",
  },
  {
    name: "webhooks",
    files: /^bridge\/webhooks\.db/,
    atQuota: "drops",
    next: "See which target takes nothing (`trestle webhooks`).",
  },
  {
    name: "log",
    files: /^bridge\/(bridge|service)\.log/,
    atQuota: "drops",
    next: "service.log is written by the system: have it rotated there.",
  },
  {
    name: "access",
    files: /^(admin\.key$|bridge\/(keys|sign-ins\/|sessions\.db|home-id))/,
    atQuota: "told",
    next: "Revoke keys that nobody uses (`trestle keys`).",
  },
  {
    name: "changes",
    files: /^bridge\/(backups\/|hosts\.json)/,
    atQuota: "drops",
    next: "Remove old copies of configurations from bridge/backups.",
  },
  {
    name: "bridge",
    files: /^bridge\//,
    atQuota: "drops",
    next: "Remove bridge/catalog: lists are read anew.",
  },
  {
    name: "compiled",
    files: /^compiled\//,
    atQuota: "drops",
    next: "Remove the folder compiled: programs are compiled anew.",
  },
  {
    name: "database",
    files: /^database\//,
    atQuota: "told",
    next: "Delete rows, then run VACUUM FULL; or raise store.quotas.database.",
  },
  {
    name: "tracker",
    files: /^tracker\//,
    atQuota: "drops",
    next: "Lower the tracker's maxMb or set keepDays, or raise store.quotas.tracker.",
  },
  {
    name: "orchestrator",
    files: /^orchestrator\//,
    atQuota: "refuses",
    next: "Cancel executions that wait for ever, or lower the orchestrator's keepDays or maxMb.",
  },
  {
    name: "objects",
    files: /^objects\//,
    atQuota: "told",
    next: "Delete objects that nobody needs, or raise store.quotas.objects.",
  },
  {
    name: "knowledge",
    files: /^(r2-)?knowledge\//,
    atQuota: "told",
    next: "Archive or delete old records, or raise store.quotas.knowledge.",
  },
  {
    name: "backups",
    files: /^backups\//,
    atQuota: "told",
    next: "Remove backups that are older than you need.",
  },
];

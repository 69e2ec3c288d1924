import type { Route } from "./route.ts";

export const auditRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "security/audit-logs",
    operation: "audit_list",
    summary: "Who did what to the bridge, and who was refused.",
  },
  {
    method: "GET",
    path: "security/audit-logs/verify",
    operation: "audit_verify",
    summary: "Is the audit log as it was written?",
  },
];

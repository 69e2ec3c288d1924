import { z } from "zod";
import { alertsSchema } from "../alerts/config.ts";
import { hostSchema, targetsOf } from "./hosts.ts";

const SECOND_MS = 1_000;

const common = {
  name: z.string().min(1).max(100).describe("Unique, as it is shown."),
  intervalMs: z.number().int().min(SECOND_MS).default(30_000).describe("Time between two checks."),
  timeoutMs: z
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(5_000)
    .describe("Longest time of a check."),
  slowMs: z.number().int().positive().optional().describe("Slower than this is degraded."),
  fall: z
    .number()
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe("Bad checks in a row until it is down."),
  rise: z.number().int().min(1).max(20).default(2).describe("Good checks in a row until it is up."),
  dependsOn: z.array(z.string()).default([]).describe("Targets without which it cannot work."),
  severity: z.enum(["info", "warning", "critical"]).default("critical").describe("Of its alerts."),
  alertAfterMs: z.number().int().min(0).default(0).describe("How long it is down until it alerts."),
};
const host = z.string().min(1).describe("Name or address.");
const port = z.number().int().min(1).max(65_535);
const http = z.url({ protocol: /^https?$/ });

export const targetSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    ...common,
    kind: z.literal("http"),
    url: http.describe("Is asked by GET."),
    status: z
      .array(z.number().int())
      .optional()
      .describe("Statuses that are well; 200 to 399 by default."),
    contains: z.string().optional().describe("Text that the first 64 KiB of the answer must hold."),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ ...common, kind: z.literal("tcp"), host, port }),
  z.strictObject({ ...common, kind: z.literal("redis"), url: z.url({ protocol: /^rediss?$/ }) }),
  z.strictObject({
    ...common,
    kind: z.literal("postgres"),
    url: z.url({ protocol: /^postgres(ql)?$/ }),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("mcp"),
    url: http.optional(),
    command: z.string().optional().describe("Is started anew for each check."),
    args: z.array(z.string()).default([]),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("process"),
    pidFile: z.string().optional(),
    command: z.string().min(3).optional().describe("Text that its command line holds."),
    least: z.number().int().min(1).default(1).describe("Processes that there must be."),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("disk"),
    path: z.string(),
    leastFreePercent: z.number().min(0).max(100).default(5),
    warnFreePercent: z.number().min(0).max(100).default(15),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("log-silence"),
    path: z.string().describe("A file that grows while all is well."),
    mostSilentMs: z.number().int().min(SECOND_MS),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("agent"),
    agent: z.string().min(1).describe("As its key was made for."),
    mostSilentMs: z.number().int().min(SECOND_MS).default(120_000),
  }),
]);

const maintenanceSchema = z.strictObject({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  targets: z.array(z.string()).optional().describe("All where left out."),
});

/** What is watched. Targets come from here alone: no caller of a tool can name another address. */
export const healthSchema = z
  .strictObject({
    targets: z.array(targetSchema).max(500).default([]),
    hosts: z.array(hostSchema).max(100).default([]),
    maintenance: z.array(maintenanceSchema).default([]),
    alerts: alertsSchema,
  })
  .transform(({ hosts, targets, ...rest }, context) => {
    const all = z.array(targetSchema).max(500).safeParse(hosts.flatMap(targetsOf));
    if (!all.success) context.addIssue(z.prettifyError(all.error));
    return { ...rest, targets: [...targets, ...(all.data ?? [])] };
  })
  .superRefine(({ targets }, context) => withoutContradiction(targets, context));

/** Refuses targets that cannot be told apart, or that need what is not there. */
export function withoutContradiction(
  targets: readonly HealthTarget[],
  context: { addIssue(message: string): void },
): void {
  const names = new Set<string>();
  for (const { name } of targets) {
    if (names.has(name)) context.addIssue(`Two health targets are called ${name}: rename one.`);
    names.add(name);
  }
  for (const target of targets) {
    const { name, dependsOn } = target;
    for (const need of dependsOn) {
      if (!names.has(need)) context.addIssue(`${name} depends on ${need}, which is no target.`);
    }
    if (target.kind === "mcp" && (target.url === undefined) === (target.command === undefined)) {
      context.addIssue(`${name} needs either url or command.`);
    }
    const isProcess = target.kind === "process";
    if (isProcess && (target.pidFile === undefined) === (target.command === undefined)) {
      context.addIssue(`${name} needs either pidFile or command.`);
    }
  }
}

export type HealthConfig = z.infer<typeof healthSchema>;
export type HealthTarget = z.infer<typeof targetSchema>;
export type TargetOf<Kind extends HealthTarget["kind"]> = Extract<HealthTarget, { kind: Kind }>;
export type Maintenance = z.infer<typeof maintenanceSchema>;

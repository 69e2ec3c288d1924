import { z } from "zod";

const port = z.int().min(1).max(65_535);
const word = z.string().min(1).max(60);

const checkSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tcp"), name: word.optional(), port }),
  z.strictObject({
    kind: z.literal("http"),
    name: word.optional(),
    port: port.default(80),
    tls: z.boolean().default(false),
    path: z.string().startsWith("/").default("/"),
    status: z.array(z.int()).optional(),
    contains: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("redis"), name: word.optional(), port: port.default(6379) }),
  z.strictObject({
    kind: z.literal("postgres"),
    name: word.optional(),
    port: port.default(5432),
    database: word.default("postgres"),
    user: word.optional(),
  }),
  z.strictObject({
    kind: z.literal("mcp"),
    name: word.optional(),
    port,
    tls: z.boolean().default(false),
    path: z.string().startsWith("/").default("/mcp"),
  }),
]);

/** A machine, and what runs there. */
export const hostSchema = z.strictObject({
  name: word.describe("Its targets are called `<name>:<check>`."),
  host: z.string().min(1).describe("Name or address."),
  reach: port
    .optional()
    .describe(
      "A port that answers while the machine does, as that of SSH: nothing alerts when the machine is gone but it.",
    ),
  dependsOn: z.array(z.string()).default([]),
  /** What holds for all of its checks. */
  all: z
    .strictObject({
      intervalMs: z.int().optional(),
      timeoutMs: z.int().optional(),
      slowMs: z.int().optional(),
      fall: z.int().optional(),
      rise: z.int().optional(),
      severity: z.enum(["info", "warning", "critical"]).optional(),
      alertAfterMs: z.int().optional(),
    })
    .default({}),
  checks: z.array(checkSchema).max(50).default([]),
});

type Host = z.output<typeof hostSchema>;
type Check = Host["checks"][number];

/** A target for each check of a host, and one for the host itself where it tells how to reach it. */
export function targetsOf({ name, host, reach, dependsOn, all, checks }: Host): object[] {
  const needs = reach === undefined ? dependsOn : [name];
  const own = { kind: "tcp", name, host, port: reach, dependsOn, ...all };
  return [
    ...(reach === undefined ? [] : [own]),
    ...checks.map((check) => ({
      ...{ kind: check.kind, dependsOn: needs, ...all, ...placeOf(host, check) },
      name: `${name}:${check.name ?? `${check.kind}-${check.port}`}`,
    })),
  ];
}

function placeOf(host: string, check: Check): object {
  const at = `${host.includes(":") ? `[${host}]` : host}:${check.port}`;
  switch (check.kind) {
    case "tcp":
      return { host, port: check.port };
    case "redis":
      return { url: `redis://${at}` };
    case "postgres": {
      const user = check.user === undefined ? "" : `${encodeURIComponent(check.user)}@`;
      return { url: `postgres://${user}${at}/${encodeURIComponent(check.database)}` };
    }
    case "http": {
      const { status, contains } = check;
      const url = `${check.tls ? "https" : "http"}://${at}${check.path}`;
      return { url, ...(status && { status }), ...(contains !== undefined && { contains }) };
    }
    case "mcp":
      return { url: `${check.tls ? "https" : "http"}://${at}${check.path}` };
  }
}

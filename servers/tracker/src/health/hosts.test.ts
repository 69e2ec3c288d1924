import { expect, test } from "vitest";
import { healthSchema } from "./config.ts";

test("a list of hosts is a target for each of their checks, which need the host itself", () => {
  const { targets } = healthSchema.parse({
    targets: [{ kind: "disk", name: "disk", path: "/" }],
    hosts: [
      {
        ...{ name: "backend", host: "10.0.0.20", reach: 22, dependsOn: ["store"] },
        all: { intervalMs: 10_000, severity: "warning" },
        checks: [
          { kind: "http", port: 8443, tls: true, path: "/api/health" },
          { kind: "mcp", port: 8001 },
        ],
      },
      {
        ...{ name: "store", host: "fd00::3" },
        checks: [
          { kind: "redis", name: "cache" },
          { kind: "postgres", user: "watch", database: "shop" },
          { kind: "tcp", port: 9000 },
        ],
        reach: 22,
      },
    ],
  });
  expect(targets).toMatchObject([
    { name: "disk" },
    {
      name: "backend",
      kind: "tcp",
      host: "10.0.0.20",
      port: 22,
      dependsOn: ["store"],
      severity: "warning",
    },
    {
      name: "backend:http-8443",
      url: "https://10.0.0.20:8443/api/health",
      dependsOn: ["backend"],
      intervalMs: 10_000,
    },
    { name: "backend:mcp-8001", url: "http://10.0.0.20:8001/mcp", fall: 3 },
    { name: "store", host: "fd00::3" },
    { name: "store:cache", url: "redis://[fd00::3]:6379", dependsOn: ["store"] },
    { name: "store:postgres-5432", url: "postgres://watch@[fd00::3]:5432/shop" },
    { name: "store:tcp-9000", host: "fd00::3", port: 9000 },
  ]);
});

test("what is wrong with a host is told by its name", () => {
  const refused = (hosts: object[]) =>
    JSON.stringify(healthSchema.safeParse({ hosts }).error?.issues);
  const twice = [
    { kind: "tcp", port: 1 },
    { kind: "tcp", port: 1 },
  ];
  expect(refused([{ name: "a", host: "h", checks: twice }])).toContain("called a:tcp-1");
  expect(refused([{ name: "a", host: "h", reach: 22, dependsOn: ["b"] }])).toContain(
    "b, which is no target",
  );
  expect(refused([{ name: "a", host: "h", reach: 22, all: { intervalMs: 5 } }])).toContain(
    "intervalMs",
  );
});

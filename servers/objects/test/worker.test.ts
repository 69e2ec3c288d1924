import { describe, expect, onTestFinished, test } from "vitest";
import { startWorkerHost, type WorkerBindings, workerdFolder } from "./_worker-host.ts";

async function started(bindings: WorkerBindings): Promise<string> {
  const host = await startWorkerHost(bindings);
  onTestFinished(() => host.close());
  return host.url;
}

describe.skipIf(workerdFolder === undefined)("the worker", () => {
  test("lets nobody in where it was deployed without a key", async () => {
    const url = await started({});
    const answer = await fetch(`${url}/v1/objects/counter/a/initialize`, { method: "POST" });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      error: { code: "unauthenticated", message: expect.stringContaining("OBJECTS_TOKEN_SECRET") },
    });
    expect((await fetch(`${url}/v1/health`)).status).toBe(200);
  });

  test("answers pages of the origins that it is told, and of no other", async () => {
    const url = await started({
      OBJECTS_ACCESS: "anonymous",
      OBJECTS_ALLOWED_ORIGINS: "https://app.example, https://other.example",
    });
    const preflight = (origin: string) =>
      fetch(`${url}/v1/objects/counter/a/call`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    const allowed = await preflight("https://app.example");
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(allowed.headers.get("access-control-allow-headers")).toContain("authorization");
    expect((await preflight("https://evil.example")).status).toBe(403);
    const read = async (origin: string) => {
      const answer = await fetch(`${url}/v1/classes`, { headers: { origin } });
      return answer.headers.get("access-control-allow-origin");
    };
    expect(await read("https://other.example")).toBe("https://other.example");
    expect(await read("https://evil.example")).toBeNull();
  });
});

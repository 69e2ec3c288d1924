import { describe, vi } from "vitest";
import { describeKilledHost } from "./_killed.ts";
import { startWorkerHost, workerdFolder } from "./_worker-host.ts";

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(workerdFolder === undefined)("a worker that is killed", () => {
  describeKilledHost(() => startWorkerHost());
});

import { describe, vi } from "vitest";
import { describeReconnects } from "./_storm.ts";
import { startWorkerHost, workerdFolder } from "./_worker-host.ts";

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(workerdFolder === undefined)("a worker that is away for a moment", () => {
  describeReconnects(() => startWorkerHost());
});
